/*
 * Appends to a pool of libpmemlog.
 *
 *   pmemlog <directory> <bytes>
 *
 * makes a new pool of so many bytes, and then answers every line of standard input by one:
 *
 *   run <size> <entries>
 *
 * rewinds the log, appends `entries` times `size` bytes, each durable when its call returns, and answers the nanoseconds that the appends
 * took. That they are made durable by cache lines on any file system is for the environment to say: PMEM_IS_PMEM_FORCE=1.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <libpmemlog.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 20 };

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
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
  size_t size;
  uint64_t entries;
  while (scanf(" run %zu %" SCNu64, &size, &entries) == 2) {
    if (size > MOST || entries * size > pmemlog_nbyte(log)) {
      fprintf(stderr, "pmemlog: no room for %" PRIu64 " entries of %zu bytes\n", entries, size);
      return 2;
    }
    pmemlog_rewind(log);
    uint64_t begin = now();
    for (uint64_t number = 0; number < entries; number++) {
      if (pmemlog_append(log, source, size) == 0) continue;
      fprintf(stderr, "pmemlog: %s\n", pmemlog_errormsg());
      return 1;
    }
    printf("%" PRIu64 "\n", now() - begin);
    fflush(stdout);
  }
  pmemlog_close(log);
  return 0;
}
