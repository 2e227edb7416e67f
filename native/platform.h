/* The contract between the addon and the machine: one os_*.c and one cpu_*.c stand behind it. */
#ifndef VARVE_PLATFORM_H
#define VARVE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- operating system; every int is 0 or an errno ---- */

enum os_kind { OS_SHARED, OS_SYNC, OS_PRIVATE, OS_READ };

/* Whole pages. `bytes` is the place asked for within them. */
struct os_pages {
  uint8_t *base;
  size_t span;
  uint8_t *bytes;
};

int os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages);
/* Puts zeroes that nobody else sees in the place of the pages, in one step. */
int os_replace(const struct os_pages *pages);
void os_unmap(const struct os_pages *pages);
/* EWOULDBLOCK if somebody else has the lock. */
int os_lock(int fd);
/* The same for a lock that any number of others may share. */
int os_lock_shared(int fd);
/* Another descriptor of the same open file, which child processes do not get. */
int os_duplicate(int fd, int *copy);
void os_close(int fd);
int os_allocate(int fd, uint64_t offset, uint64_t length);
/* Has the system write what is dirty in a range, and waits for nothing but a place in the device's queue. */
int os_begin(int fd, uint64_t offset, uint64_t length);
/*
 * Names and bytes of a file, and nothing else: a look at its times would make the next write store finer ones, which a
 * sync then has to write, too (Linux 6.13 and later).
 */
int os_inspect(int fd, uint64_t *links, uint64_t *size);
size_t os_page_size(void);
void os_nap(int milliseconds);
/* 'ENOSPC' for ENOSPC; 'EUNKNOWN' for what is not expected here. */
const char *os_error_name(int error);

/*
 * Watches pages: one that cannot be had (SIGBUS) becomes a zero page instead of the death of the process, and is
 * counted in the watch and in *counter. Null if there is no memory. Any thread may call these.
 */
struct os_watch;
struct os_watch *os_watch(const struct os_pages *pages, double *counter);
void os_unwatch(struct os_watch *watch);
bool os_watch_lost(const struct os_watch *watch);

/*
 * Waking across processes by a word of shared pages. os_ring adds 1 to it and wakes all who wait; it returns how many, 0
 * also where there is no such thing.
 */
int os_ring(uint32_t *word);
/* Returns once *word is not `seen` any more, or *control not `going`, or too early. ENOSYS where nobody can wait. */
int os_wait(const uint32_t *word, uint32_t seen, const uint32_t *control, uint32_t going);
/* Waits on *control alone, as long as it is `resting`. */
void os_rest(const uint32_t *control, uint32_t resting);
/* Another value was stored to *control: wakes the one thread that waits by it, so that *ended becomes true if it is to end. */
void os_rouse(const uint32_t *control);
void os_await_end(const uint32_t *word, const uint32_t *ended);

/* ---- processor ---- */

struct cpu {
  const char *flush_name;
  const char *crc_name;
  /* Writes the lines of a range back; ordered only by a fence. */
  void (*flush)(const void *bytes, size_t length);
  void (*fence)(void);
  /* The CRC-32C register after the bytes. */
  uint32_t (*crc)(uint32_t reg, const void *bytes, size_t length);
  /* The same, then over the four bytes of `a` and the eight of `b`. */
  uint32_t (*crc_then)(uint32_t reg, const void *bytes, size_t length, uint32_t a, uint64_t b);
  /* The bytes were stored by cpu_stream64: writes their lines back, unless they went past the cache. */
  void (*streamed)(const void *bytes, size_t length);
  /*
   * Copies whole lines, past the cache where it can, and writes them back; returns the register after the bytes. It reads its
   * source more than once, so nobody else may be writing to it.
   */
  uint32_t (*crc_stream)(uint32_t reg, void *target, const void *source, size_t length);
  /*
   * Returns the register after the bytes, and writes back those lines that lie wholly in the range; the part of a line at
   * either end is left to the caller.
   */
  uint32_t (*crc_flush)(uint32_t reg, void *bytes, size_t length);
};

enum { CPU_LINE = 64 }; /* the smallest line of any processor we know; flushing more often than needed is harmless */

/* Filled once by cpu_detect, before anything else is called. */
extern struct cpu cpu;
void cpu_detect(void);
/* What runs everywhere: tables instead of instructions, and no way to flush. */
void cpu_detect_portable(void);

#if defined(__x86_64__) && !defined(VARVE_PORTABLE)
#define VARVE_CPU_X64 1
#elif defined(__aarch64__) && !defined(VARVE_PORTABLE)
#define VARVE_CPU_ARM64 1
#else
#define VARVE_CPU_PORTABLE 1
#endif

/* Stores an aligned word past the cache where the processor can. The words of a line are to follow each other. */
static inline void cpu_stream64(void *to, uint64_t word) {
#ifdef VARVE_CPU_X64
  __asm__ volatile("movnti %1, %0" : "=m"(*(uint64_t *)to) : "r"(word));
#else
  *(volatile uint64_t *)to = word;
#endif
}

/* A build for crash tests is told which lines are written back, and when there is a fence: cpu_recorded.c. */
#ifdef VARVE_RECORDED
void recorded_flush(const volatile void *line);
void recorded_fence(void);
#else
static inline void recorded_flush(const volatile void *line) {
  (void)line;
}
static inline void recorded_fence(void) {}
#endif

#endif
