#!/bin/sh
# Installs the Debian packages that some tests want (strace counts system calls). Without them these tests are skipped, aloud.
set -u

missing=''
for tool in strace; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0

sudo=''
[ "$(id -u)" = 0 ] || sudo='sudo -n'
# shellcheck disable=SC2086 # both are lists of words
if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qq -y $missing; } </dev/null; then
  echo "install-test-tools: COULD NOT INSTALL$missing; the tests that want them will be skipped" >&2
fi
exit 0
