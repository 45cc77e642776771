#!/bin/sh
# Makes the namespace and registers what releases are listed by. Safe to repeat.
# Needs TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, which the temporal command reads by itself.
set -eu

retention=720h

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"

# A new namespace reaches the whole server after some seconds.
attempt=0
until known="$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" 2>/dev/null)"; do
  attempt=$((attempt + 1))
  [ "$attempt" -lt 30 ] || { echo "expected the namespace $TEMPORAL_NAMESPACE to be known within 30 s" >&2; exit 1; }
  sleep 1
done

for name in SluiceLane SluiceService SluiceEnvironment SluiceVersion SluicePhase SluiceOutcome; do
  case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword ;;
  esac
done
