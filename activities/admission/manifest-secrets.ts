const secretWord = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY/i;
/** `TOKEN_TTL`, `SECRET_ARN` and the like say something about a secret and hold none. */
const aboutSecret = /_(ARN|COUNT|ENABLED|FILE|HEADER|ID|ISSUER|LENGTH|NAME|PATH|SECONDS|TTL|TYPE|URL|VERSION)$/i;
const secretHeader = /^(authorization|proxy-authorization|cookie)$/i;

// A value may be a megabyte of what begins like a secret: no search may start again within what it has read.
const secretValues = [
  // A URL with a password in it.
  /[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]*:[^\s/@]+@/i,
  // A connection string in words.
  /\bpassword\s*=/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // The id of an AWS access key, a GitHub token, a Slack token, a JSON Web Token.
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10}/,
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10}/,
];

/** Whether a variable of that name should be a reference under `secrets`. */
export function isSecretName(name: string): boolean {
  return (secretWord.test(name) && !aboutSecret.test(name)) || secretHeader.test(name);
}

export function mayHoldSecret(value: string): boolean {
  return secretValues.some((pattern) => pattern.test(value));
}
