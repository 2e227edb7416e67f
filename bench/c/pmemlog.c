/*
 * Appends to a pool of libpmemlog.
 *
 *   pmemlog <directory> <bytes>
 *
 * makes a new pool of so many bytes, writes all of it once, and then answers every line of standard input by one:
 *
 *   run <size> <entries>
 *
 * appends `entries` times `size` bytes, each durable when its call returns, and answers the nanoseconds that the appends took, and those
 * of a probe before and of one behind. A log without room for a round is rewound before it. That they are made durable by cache lines on
 * any file system is for the environment to say: PMEM_IS_PMEM_FORCE=1.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <libpmemlog.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

enum { MOST = 1 << 20 };

/* What is measured is memory, not the kernel that finds it. */
static void touch(PMEMlogpool *log, const uint8_t *source) {
  while ((size_t)pmemlog_tell(log) + MOST <= pmemlog_nbyte(log) && pmemlog_append(log, source, MOST) == 0) continue;
  pmemlog_rewind(log);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  char path[4096];
  snprintf(path, sizeof path, "%s/pmemlog-%ld", arguments[1], (long)getpid());
  PMEMlogpool *log = pmemlog_create(path, strtoull(arguments[2], NULL, 10), 0600);
  uint8_t *source = malloc(MOST);
  if (log == NULL || source == NULL) {
    fprintf(stderr, "pmemlog: %s\n", pmemlog_errormsg());
    return 1;
  }
  unlink(path);
  memset(source, 7, MOST);
  touch(log, source);
  size_t size;
  uint64_t entries;
  while (scanf(" run %zu %" SCNu64, &size, &entries) == 2) {
    if (size > MOST || entries * size > pmemlog_nbyte(log)) {
      fprintf(stderr, "pmemlog: no room for %" PRIu64 " entries of %zu bytes\n", entries, size);
      return 2;
    }
    if ((size_t)pmemlog_tell(log) + entries * size > pmemlog_nbyte(log)) pmemlog_rewind(log);
    uint64_t before = probe();
    uint64_t begin = now();
    for (uint64_t number = 0; number < entries; number++) {
      if (pmemlog_append(log, source, size) == 0) continue;
      fprintf(stderr, "pmemlog: %s\n", pmemlog_errormsg());
      return 1;
    }
    uint64_t time = now() - begin;
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", time, before, probe());
    fflush(stdout);
  }
  pmemlog_close(log);
  return 0;
}
