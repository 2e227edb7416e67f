/*
 * What the bare machine takes to copy entries into a mapped file and to make them durable by cache lines: no checksums, no bookkeeping.
 *
 *   floor <directory> <bytes>
 *
 * maps a new file of so many bytes without a name, and then answers every line of standard input by one:
 *
 *   run <mode> <size> <entries> <group>
 *
 * goes through `entries` entries of `size` bytes behind headers of 16, from where the last round of such entries ended on, wrapping at the end
 * of the file, and answers the nanoseconds that it took, and those of a probe before and of one behind. Modes:
 *
 *   copy    copies only
 *   each    copies, flushes the lines, one fence, for every entry
 *   twice   copies the payload, flush and fence, then a word of the header, flush and fence: what a log that marks its entries takes
 *   groups  copies, one flush and fence for every `group` entries
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#endif

enum { LINE = 64, HEADER = 16, MOST = 1 << 20 };

/* ---- the processor ---- */

enum way { CLWB, CLFLUSHOPT, CLFLUSH, DC_CVAC };

#if defined(__x86_64__)

static enum way find_way(void) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return CLFLUSH;
  if ((ebx & bit_CLWB) != 0) return CLWB;
  return (ebx & bit_CLFLUSHOPT) != 0 ? CLFLUSHOPT : CLFLUSH;
}

static inline __attribute__((always_inline)) void write_back(volatile char *line, enum way way) {
  if (way == CLWB) __asm__ volatile("clwb %0" : "+m"(*line));
  if (way == CLFLUSHOPT) __asm__ volatile("clflushopt %0" : "+m"(*line));
  if (way == CLFLUSH) __asm__ volatile("clflush %0" : "+m"(*line));
}

static inline void fence(void) {
  __asm__ volatile("sfence" ::: "memory");
}

#elif defined(__aarch64__)

static enum way find_way(void) {
  return DC_CVAC;
}

static inline __attribute__((always_inline)) void write_back(volatile char *line, enum way way) {
  (void)way;
  __asm__ volatile("dc cvac, %0" ::"r"(line) : "memory");
}

static inline void fence(void) {
  __asm__ volatile("dsb sy" ::: "memory");
}

#else
#error "no way to write cache lines back is known for this processor"
#endif

/* `way` is a constant at every call, so that each compiles to a loop of its own. */
static inline __attribute__((always_inline)) void persist_by(const uint8_t *from, const uint8_t *to, enum way way) {
  for (uintptr_t at = (uintptr_t)from & ~(uintptr_t)(LINE - 1); at < (uintptr_t)to; at += LINE) {
    write_back((volatile char *)at, way);
  }
  fence();
}

/* ---- the rounds ---- */

enum mode { COPY, EACH, TWICE, GROUPS };

struct round {
  uint8_t *bytes;
  size_t length;
  uint8_t *at;
  const uint8_t *source;
  size_t size;
  uint64_t entries;
  uint64_t group;
};

static void store64(uint8_t *at, uint64_t value) {
  memcpy(at, &value, sizeof value);
}

static inline __attribute__((always_inline)) void go(struct round *round, enum mode mode, enum way way) {
  size_t extent = (HEADER + round->size + 7) & ~(size_t)7;
  uint8_t *end = round->bytes + round->length;
  uint8_t *at = round->at;
  uint8_t *unflushed = at;
  uint64_t gathered = 0;
  for (uint64_t number = 1; number <= round->entries; number++) {
    if ((size_t)(end - at) < extent) {
      if (mode == GROUPS) persist_by(unflushed, at, way);
      at = unflushed = round->bytes;
      gathered = 0;
    }
    store64(at, round->size);
    if (mode != TWICE) store64(at + 8, number);
    memcpy(at + HEADER, round->source, round->size);
    /* The compiler may not think that a store which the next lap overwrites is needless. */
    __asm__ volatile("" ::: "memory");
    if (mode == EACH) persist_by(at, at + extent, way);
    if (mode == TWICE) {
      persist_by(at, at + extent, way);
      store64(at + 8, number);
      persist_by(at, at + HEADER, way);
    }
    at += extent;
    if (mode == GROUPS && ++gathered == round->group) {
      persist_by(unflushed, at, way);
      unflushed = at;
      gathered = 0;
    }
  }
  if (mode == GROUPS) persist_by(unflushed, at, way);
  round->at = at;
}

static inline __attribute__((always_inline)) void go_by(struct round *round, enum mode mode, enum way way) {
  if (mode == COPY) go(round, COPY, way);
  if (mode == EACH) go(round, EACH, way);
  if (mode == TWICE) go(round, TWICE, way);
  if (mode == GROUPS) go(round, GROUPS, way);
}

static uint64_t timed(struct round *round, enum mode mode, enum way way) {
  uint64_t begin = now();
  if (way == CLWB) go_by(round, mode, CLWB);
  if (way == CLFLUSHOPT) go_by(round, mode, CLFLUSHOPT);
  if (way == CLFLUSH) go_by(round, mode, CLFLUSH);
  if (way == DC_CVAC) go_by(round, mode, DC_CVAC);
  return now() - begin;
}

static int mode_of(const char *name) {
  static const char *const names[] = {"copy", "each", "twice", "groups"};
  for (int mode = 0; mode < 4; mode++) {
    if (strcmp(names[mode], name) == 0) return mode;
  }
  return -1;
}

/* ---- the file ---- */

/* Every page is written once: what is measured is memory, not the kernel that finds it. */
static uint8_t *map_new(const char *directory, size_t length) {
  char path[4096];
  snprintf(path, sizeof path, "%s/floor-%ld", directory, (long)getpid());
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) return NULL;
  unlink(path);
  if (ftruncate(fd, (off_t)length) != 0) return NULL;
  void *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) return NULL;
  memset(bytes, 0, length);
  return bytes;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  struct round round = {.length = strtoull(arguments[2], NULL, 10)};
  round.bytes = map_new(arguments[1], round.length);
  uint8_t *source = malloc(MOST);
  if (round.bytes == NULL || source == NULL) {
    perror("floor");
    return 1;
  }
  memset(source, 7, MOST);
  round.source = source;
  enum way way = find_way();
  size_t last = 0;
  char name[16];
  while (scanf(" run %15s %zu %" SCNu64 " %" SCNu64, name, &round.size, &round.entries, &round.group) == 4) {
    int mode = mode_of(name);
    bool fits = mode >= 0 && round.size <= MOST && HEADER + round.size + 8 <= round.length && round.group > 0;
    if (!fits) {
      fprintf(stderr, "floor: cannot run %s with %zu bytes\n", name, round.size);
      return 2;
    }
    if (round.size != last) round.at = round.bytes;
    last = round.size;
    uint64_t before = probe();
    uint64_t time = timed(&round, (enum mode)mode, way);
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", time, before, probe());
    fflush(stdout);
  }
  return 0;
}
