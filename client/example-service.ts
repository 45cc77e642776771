import type { LiveService } from '../domain/live-service.js';

const balancer = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';
const group = (colour: string) => `${balancer}:targetgroup/shop-${colour}/0123456789abcdef`;
const rule = (id: string) => `${balancer}:listener-rule/app/shop/0123456789abcdef/0123456789abcdef/${id}`;

/** What the example manifest is written from: a shop behind a load balancer, as it might stand in any account. */
export const exampleService: LiveService = {
  service: {
    cluster: 'shop',
    service: 'shop-blue',
    status: 'ACTIVE',
    desiredCount: 2,
    healthCheckGraceSeconds: 60,
    controller: 'ECS',
    rollsBackByItself: false,
    attachments: [{ targetGroupArn: group('blue'), container: 'shop', port: 8080 }],
    subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    securityGroups: ['sg-0123456789abcdef0'],
    revision: {
      arn: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:1',
      family: 'shop',
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
      taskRoleArn: 'arn:aws:iam::123456789012:role/shop',
      containers: [
        {
          name: 'shop',
          image: `registry.example/shop@sha256:${'0123456789abcdef'.repeat(4)}`,
          ports: [8080],
          stopTimeoutSeconds: 30,
          environment: { LOG_LEVEL: 'info' },
          hidden: [],
          secrets: { DATABASE_URL: '/shop/database-url' },
        },
      ],
    },
  },
  rule: {
    arn: rule('0123456789abcdef'),
    listenerArn: '',
    priority: 10,
    weights: { [group('blue')]: 100, [group('green')]: 0 },
    stickinessSeconds: 0,
    headers: {},
    hosts: ['shop.example.com'],
    paths: [],
  },
  testRules: [
    {
      arn: rule('fedcba9876543210'),
      listenerArn: '',
      priority: 1,
      weights: { [group('blue')]: 0, [group('green')]: 100 },
      stickinessSeconds: 0,
      headers: { 'x-sluice-test': ['idle'] },
      hosts: [],
      paths: [],
    },
  ],
  targetGroups: [],
  address: 'https://shop-123.eu-central-1.elb.amazonaws.com',
  names: { blue: 'shop-blue', green: 'shop-green', live: 'blue', plain: 'shop' },
  otherExists: true,
};
