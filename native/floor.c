#include "floor.h"

#include "bytes.h"
#include "entry.h"
#include "platform.h"

static void persist(const uint8_t *from, const uint8_t *to) {
  if (from == to) return;
  cpu.flush(from, (size_t)(to - from));
  cpu.fence();
}

double floor_run(uint8_t *bytes, size_t length, const uint8_t *source, size_t size, uint64_t rounds,
                 enum floor_mode mode, uint64_t group) {
  size_t extent = (size_t)entry_extent((uint32_t)size, 0);
  uint8_t *at = bytes;
  uint8_t *end = bytes + length;
  uint8_t *unflushed = bytes;
  if (mode == FLOOR_COPY) group = UINT64_MAX;
  if (mode == FLOOR_PERSIST_EACH) group = 1;
  uint64_t gathered = 0;
  double begin = os_nanoseconds();
  for (uint64_t round = 1; round <= rounds; round++) {
    if ((size_t)(end - at) < extent) {
      if (mode == FLOOR_PERSIST_GROUPS) persist(unflushed, at);
      at = unflushed = bytes;
      gathered = 0;
    }
    store64(at, size);
    store64(at + ENTRY_TAGGED, round);
    memcpy(at + ENTRY_HEADER, source, size);
    /* The compiler may not think that a store which the next lap overwrites is needless. */
    __asm__ volatile("" ::: "memory");
    at += extent;
    if (++gathered == group) {
      persist(unflushed, at);
      unflushed = at;
      gathered = 0;
    }
  }
  if (mode == FLOOR_PERSIST_GROUPS) persist(unflushed, at);
  return os_nanoseconds() - begin;
}
