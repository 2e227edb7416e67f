#!/bin/sh
# Installs the Debian packages that some tests want. Without them these tests are skipped, aloud.
set -u

missing=''
# want <file that shows that the package is there> <package>
want() {
  command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"
}
want strace strace                              # counts system calls, and makes them fail
want mkfs.xfs xfsprogs                          # a file system that can be shut down under a stream
want fusermount3 fuse3                          # a disk of our own making, which fails as it is told
want /usr/include/fuse3/fuse.h libfuse3-dev
want pkg-config pkg-config
want spin spin                                  # searches the models of the protocol through all their states
want pmempool pmdk-tools                        # judges pools that we made
want /usr/include/libpmemlog.h libpmemlog-dev   # the C library itself
want tcc tcc                                    # compiles such a search at once
[ -z "$missing" ] && exit 0

sudo=''
[ "$(id -u)" = 0 ] || sudo='sudo -n'
# shellcheck disable=SC2086 # both are lists of words
if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qq -y $missing; } </dev/null; then
  echo "install-test-tools: COULD NOT INSTALL$missing; the tests that want them will be skipped" >&2
fi
exit 0
