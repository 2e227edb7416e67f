#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
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

int os_map(int fd, uint64_t offset, size_t length, enum os_kind kind, struct os_pages *pages) {
  size_t page = os_page_size();
  size_t lead = (size_t)(offset % page);
  size_t span = (lead + length + page - 1) / page * page;
  int access = kind == OS_READ ? PROT_READ : PROT_READ | PROT_WRITE;
  void *base = mmap(NULL, span, access, flags_of(kind), fd, (off_t)(offset - lead));
  if (base == MAP_FAILED) return errno;
  *pages = (struct os_pages){.base = base, .span = span, .bytes = (uint8_t *)base + lead};
  return 0;
}

int os_replace(const struct os_pages *pages) {
  int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return mmap(pages->base, pages->span, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED ? errno : 0;
}

void os_unmap(const struct os_pages *pages) {
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
