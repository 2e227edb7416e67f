#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Headers of older C libraries do not have these; the kernel refuses what it does not know. */
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif
#ifndef MAP_SYNC
#define MAP_SYNC 0x080000
#endif

size_t os_page_size(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

static int flags_of(enum os_kind kind) {
  switch (kind) {
    case OS_SYNC:
      return MAP_SHARED_VALIDATE | MAP_SYNC;
    case OS_PRIVATE:
      return MAP_PRIVATE | MAP_NORESERVE; /* written to by mistake only: no swap need be kept for it */
    default:
      return MAP_SHARED;
  }
}

/*
 * The kernel allows a process some 65,000 areas of memory, and an engine that cannot have a further one dies. What lies side by side in a
 * file is therefore asked for side by side in memory: neighbours become one area. Only asked for: where something else is, the kernel
 * takes another place.
 */
#if UINTPTR_MAX > UINT32_MAX
enum { LANES = 32, LANES_TRIED = 4, LANE_BITS = 40 };
static const uint64_t zone_least = UINT64_C(24) << LANE_BITS;
static const uint64_t zone_spread = UINT64_C(8) << LANE_BITS;
static const uint64_t huge_page = UINT64_C(2) << 20;
#endif

static pthread_once_t placed = PTHREAD_ONCE_INIT;
static uint64_t zone; /* 0: nothing is asked for */
static long areas_max = 65530;
static long areas; /* that mappings take up */

static void choose_zone(void) {
#if UINTPTR_MAX > UINT32_MAX
  uint64_t chance = 0;
  if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) == sizeof chance) {
    zone = zone_least + chance % zone_spread / huge_page * huge_page;
  }
#endif
  FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
  if (file == NULL) return;
  if (fscanf(file, "%ld", &areas_max) != 1) areas_max = 65530;
  fclose(file);
}

static bool is_mapped(const uint8_t *page) {
  unsigned char resident;
  return mincore((void *)(uintptr_t)page, 1, &resident) == 0;
}

/*
 * Lanes are taken by descriptor: those of a file lie in one, so that what is mapped by the same one can become one area. What was given back a
 * moment ago may still be there, as zeroes: the next lanes are looked at, too.
 */
static uint8_t *place_of(int fd, uint64_t from) {
#if UINTPTR_MAX > UINT32_MAX
  for (uint64_t tried = 0; zone != 0 && tried < LANES_TRIED; tried++) {
    uint64_t lane = ((uint64_t)fd + tried) % LANES << LANE_BITS;
    uint8_t *place = (uint8_t *)(uintptr_t)(zone + lane + from % (UINT64_C(1) << LANE_BITS));
    if (!is_mapped(place)) return place;
  }
#endif
  return NULL;
}

/* How many areas more there are for pages that are mapped where place_of says: none between two neighbours, not even the one there was. */
static long areas_of(const uint8_t *base, size_t span, size_t page) {
  return 1 - is_mapped(base - page) - is_mapped(base + span);
}

static bool is_placed(const uint8_t *base) {
#if UINTPTR_MAX > UINT32_MAX
  return zone != 0 && (uintptr_t)base >= zone && (uintptr_t)base < zone + ((uint64_t)(LANES + 1) << LANE_BITS);
#else
  return false;
#endif
}

static long areas_taken(const struct os_pages *pages) {
  return is_placed(pages->base) ? areas_of(pages->base, pages->span, os_page_size()) : 1;
}

int os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages) {
  pthread_once(&placed, choose_zone);
  size_t page = os_page_size();
  size_t lead = (size_t)(offset % page);
  size_t span = (lead + length + page - 1) / page * page;
  int access = kind == OS_READ ? PROT_READ : PROT_READ | PROT_WRITE;
  /* A quarter is left to everybody else. */
  if (__atomic_load_n(&areas, __ATOMIC_RELAXED) >= areas_max - areas_max / 4) return ENOMEM;
  uint8_t *base = mmap(place_of(fd, offset - lead), span, access, flags_of(kind), fd, (off_t)(offset - lead));
  if (base == MAP_FAILED) return errno;
  *pages = (struct os_pages){.base = base, .span = span, .bytes = base + lead};
  __atomic_add_fetch(&areas, areas_taken(pages), __ATOMIC_RELAXED);
  return 0;
}

int os_replace(const struct os_pages *pages) {
  int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return mmap(pages->base, pages->span, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED ? errno : 0;
}

void os_unmap(const struct os_pages *pages) {
  __atomic_sub_fetch(&areas, areas_taken(pages), __ATOMIC_RELAXED);
  munmap(pages->base, pages->span);
}

static int lock(int fd, int how) {
  int result;
  do result = flock(fd, how | LOCK_NB);
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int os_lock(int fd) {
  return lock(fd, LOCK_EX);
}

int os_lock_shared(int fd) {
  return lock(fd, LOCK_SH);
}

int os_duplicate(int fd, int *copy) {
  *copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return *copy < 0 ? errno : 0;
}

void os_close(int fd) {
  close(fd);
}

int os_inspect(int fd, uint64_t *links, uint64_t *size) {
  struct statx found;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_NLINK | STATX_SIZE, &found) != 0) return errno;
  *links = found.stx_nlink;
  *size = found.stx_size;
  return 0;
}

int os_allocate(int fd, uint64_t offset, uint64_t length) {
  int result;
  do result = fallocate(fd, 0, (off_t)offset, (off_t)length);
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int os_begin(int fd, uint64_t offset, uint64_t length) {
  return sync_file_range(fd, (off64_t)offset, (off64_t)length, SYNC_FILE_RANGE_WRITE) == 0 ? 0 : errno;
}

void os_nap(int milliseconds) {
  struct timespec moment = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
  nanosleep(&moment, NULL);
}

const char *os_error_name(int error) {
  switch (error) {
#define NAME(code) \
  case code:       \
    return #code;
    NAME(EACCES)
    NAME(EAGAIN)
    NAME(EBADF)
    NAME(EFBIG)
    NAME(EINVAL)
    NAME(EIO)
    NAME(ENODEV)
    NAME(ENOLCK)
    NAME(ENOMEM)
    NAME(ENOSPC)
    NAME(ENOSYS)
    NAME(ENXIO)
    NAME(EDQUOT)
    NAME(EOPNOTSUPP)
    NAME(EOVERFLOW)
    NAME(EPERM)
    NAME(EROFS)
    NAME(ESPIPE)
    NAME(ETXTBSY)
#undef NAME
    default:
      return "EUNKNOWN";
  }
}
