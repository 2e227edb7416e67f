/*
 * For crash tests (scripts/build-native.js --recorded): keeps what a power cut would leave for certain. The processor's own
 * cpu_*.c does the work, and tells here of each line that it writes back and of each fence. The directory named by
 * VARVE_RECORD holds two files, both made by the test: `durable`, as long as the mapped file and with the same bytes at
 * first, into which a fence moves what was written back; and `pending`, a count and then the lines written back since the
 * last fence, as they were when that was done.
 *
 * The mappings of one file are recorded at a time; nothing here is safe for threads.
 */
#define _GNU_SOURCE
#include "platform.h"

#ifdef VARVE_RECORDED

#ifndef VARVE_CPU_X64
#error "only cpu_x64.c tells of its flushes"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct flushed {
  uint64_t offset; /* within the mapped file */
  uint8_t line[CPU_LINE];
};

struct pending {
  uint64_t count;
  struct flushed flushed[];
};

struct range {
  uintptr_t from; /* 0: not in use */
  uintptr_t to;
  uint64_t offset;
};

enum { RANGES = 4096 };

static struct range ranges[RANGES];
static uint8_t *durable;
static size_t durable_size;
static struct pending *pending;
static size_t pending_most;

/* A record that is not complete proves nothing. */
static void give_up(const char *why) {
  fprintf(stderr, "varve: cannot record what is flushed: %s\n", why);
  abort();
}

static void *map_whole(const char *directory, const char *name, size_t *size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  struct stat stat;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &stat) != 0) give_up(path);
  *size = (size_t)stat.st_size;
  void *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) give_up(path);
  return bytes;
}

static void start(void) {
  const char *directory = getenv("VARVE_RECORD");
  if (directory == NULL || durable != NULL) return;
  size_t size;
  durable = map_whole(directory, "durable", &durable_size);
  pending = map_whole(directory, "pending", &size);
  pending_most = (size - sizeof *pending) / sizeof pending->flushed[0];
}

static struct range *range_at(uintptr_t address) {
  for (size_t i = 0; i < RANGES; i++) {
    if (ranges[i].from <= address && address < ranges[i].to) return &ranges[i];
  }
  return NULL;
}

void recorded_flush(const volatile void *line) {
  if (durable == NULL) return;
  const struct range *range = range_at((uintptr_t)line);
  if (range == NULL) give_up("the line is in no mapping");
  struct flushed *next = &pending->flushed[pending->count];
  if (pending->count == pending_most) give_up("there are too many lines between two fences");
  next->offset = range->offset + ((uintptr_t)line - range->from);
  if (next->offset + CPU_LINE > durable_size) give_up("the line lies behind the end of the file");
  memcpy(next->line, (const void *)(uintptr_t)line, CPU_LINE);
  pending->count += 1;
}

void recorded_fence(void) {
  if (durable == NULL) return;
  for (uint64_t i = 0; i < pending->count; i++) {
    memcpy(durable + pending->flushed[i].offset, pending->flushed[i].line, CPU_LINE);
  }
  pending->count = 0;
}

/* The linker leads the calls of the addon here (--wrap). */
int __real_os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages);
int __real_os_replace(const struct os_pages *pages);
void __real_os_unmap(const struct os_pages *pages);
int __wrap_os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages);
int __wrap_os_replace(const struct os_pages *pages);
void __wrap_os_unmap(const struct os_pages *pages);

int __wrap_os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages) {
  start();
  int error = __real_os_map(fd, offset, length, kind, pages);
  if (error != 0 || durable == NULL) return error;
  size_t free = 0;
  while (free < RANGES && ranges[free].from != 0) free++;
  if (free == RANGES) give_up("there are too many mappings");
  ranges[free] = (struct range){.from = (uintptr_t)pages->bytes, .to = (uintptr_t)pages->bytes + length, .offset = offset};
  return 0;
}

static void forget(const struct os_pages *pages) {
  struct range *range = range_at((uintptr_t)pages->bytes);
  if (range != NULL) *range = (struct range){0};
}

int __wrap_os_replace(const struct os_pages *pages) {
  forget(pages);
  return __real_os_replace(pages);
}

void __wrap_os_unmap(const struct os_pages *pages) {
  forget(pages);
  __real_os_unmap(pages);
}

#endif
