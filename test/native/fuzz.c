/*
 * Hostile bytes for the pure functions of the addon: for libFuzzer, which looks for ways that were not gone yet, or with
 * -DVARVE_ALONE as a program of its own: `fuzz <inputs> <seed>`, or `fuzz <file …>` to see inputs again.
 *
 * Every buffer has exactly its size, so that AddressSanitizer sees a look beyond. An input: four bytes of seed, one of timestamp,
 * one of flags, two unused; the rest is walked over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/bytes.h"
#include "../../native/entry.h"
#include "../../native/platform.h"

enum { HEAD = 8, REPAIR = 1, FLUSH = 2, STABLE = 4 };

static void expect(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "not so: %s\n", what);
  abort();
}

static uint8_t *copy_of(const uint8_t *bytes, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  expect(copy != NULL, "there is memory");
  memcpy(copy, bytes, size);
  return copy;
}

/* Where the last of the entries ends that follow each other from the beginning, whatever their checksums. */
static size_t end_of_entries(const uint8_t *bytes, size_t size) {
  size_t at = 0;
  while (size - at >= ENTRY_HEADER) {
    uint64_t extent = entry_extent(load32(bytes + at), load64(bytes + at + ENTRY_TAGGED));
    if (extent > size - at) break;
    at += extent;
  }
  return at;
}

static struct entry_walk walk_over(const uint8_t *bytes, size_t size, uint32_t seed, uint64_t after) {
  struct entry_walk walk = {.seed = seed, .after = after, .below = (UINT64_C(1) << 53) - 1};
  entry_verify(bytes, size, &walk);
  expect(walk.position <= size && walk.position % ENTRY_ALIGN == 0, "a walk ends inside, at an entry");
  expect(walk.after >= after && walk.after < walk.below, "timestamps rise, and stay below");
  expect(walk.certified < walk.below && (walk.entries > 0 || walk.certified == 0), "entries certify what was before them");
  return walk;
}

/* The instructions of this processor find what tables find. */
static void walk_both_ways(const uint8_t *bytes, size_t size, uint32_t seed, uint64_t after) {
  struct entry_walk fast = walk_over(bytes, size, seed, after);
  struct cpu best = cpu;
  cpu_detect_portable();
  struct entry_walk plain = walk_over(bytes, size, seed, after);
  cpu = best;
  bool same = fast.position == plain.position && fast.after == plain.after && fast.entries == plain.entries &&
              fast.certified == plain.certified;
  expect(same, "both ways of checksumming agree");
}

static void seal_and_walk(uint8_t *bytes, size_t size, uint32_t seed, bool flush) {
  size_t end = end_of_entries(bytes, size);
  expect(entry_seal(bytes, 0, end, seed, flush), "entries that fit can be sealed");
  bool whole = end == size;
  uint8_t *more = copy_of(bytes, size);
  expect(entry_seal(more, 0, size - size % ENTRY_ALIGN, seed, flush) == (whole || end == size - size % ENTRY_ALIGN),
         "entries that do not fit cannot");
  free(more);
}

static void store_and_walk(const uint8_t *bytes, size_t size, uint32_t seed, uint64_t timestamp, bool stable) {
  size_t extent = (size_t)entry_extent((uint32_t)size, timestamp);
  uint8_t *entry = malloc(extent);
  expect(entry != NULL, "there is memory");
  memset(entry, 0x5a, extent);
  if (size > ENTRY_STAGED || (stable && size > CPU_LINE)) entry_store(entry, bytes, (uint32_t)size, timestamp, seed, stable);
  else entry_store_staged(entry, bytes, (uint32_t)size, timestamp, seed);
  expect(memcmp(entry + ENTRY_HEADER, bytes, size) == 0, "what was stored is there");
  struct entry_walk walk = walk_over(entry, extent, seed, timestamp - 1);
  expect(walk.entries == 1 && walk.position == extent, "what was stored is an entry");
  free(entry);
}

static void checksum_in_parts(const uint8_t *bytes, size_t size, uint32_t seed) {
  size_t part = size / 3;
  uint32_t whole = cpu.crc(seed, bytes, size);
  expect(cpu.crc(cpu.crc(seed, bytes, part), bytes + part, size - part) == whole, "a checksum can be taken in parts");
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
  static bool ready = false;
  if (!ready) cpu_detect();
  ready = true;
  if (length < HEAD) return 0;
  uint32_t seed = load32(input);
  uint64_t after = input[4];
  uint8_t flags = input[5];
  size_t size = length - HEAD;
  uint8_t *bytes = copy_of(input + HEAD, size);
  walk_both_ways(bytes, size, seed, after);
  checksum_in_parts(bytes, size, seed);
  store_and_walk(bytes, size, seed, after + 1, (flags & STABLE) != 0);
  if ((flags & REPAIR) != 0) {
    seal_and_walk(bytes, size, seed, (flags & FLUSH) != 0);
    walk_both_ways(bytes, size, seed, after);
  }
  free(bytes);
  return 0;
}

#ifdef VARVE_ALONE

static uint32_t state;

static uint32_t below(uint32_t limit) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % limit;
}

/* Mostly entries, one behind the other, of all forms and lags, that nearly fit. */
static size_t make_input(uint8_t *input, size_t capacity) {
  size_t length = HEAD + below((uint32_t)(capacity - HEAD));
  for (size_t i = 0; i < length; i++) input[i] = (uint8_t)below(256);
  uint64_t timestamp = input[4] + 1u;
  size_t at = HEAD;
  while (length - at >= ENTRY_HEADER) {
    uint32_t size = below(30) == 0 ? below(UINT32_MAX) : below(below(20) == 0 ? 2000 : 80);
    uint64_t form = below(5) == 0 ? below(4) : FORM_PLAIN;
    uint64_t tagged = timestamp | form << ENTRY_TIMESTAMP_BITS | (uint64_t)below(512) << ENTRY_LAG_SHIFT;
    store32(input + at, form == FORM_FILLER ? size & ~7u : size);
    store64(input + at + ENTRY_TAGGED, tagged);
    uint64_t extent = entry_extent(load32(input + at), tagged);
    if (extent > length - at) break;
    at += extent;
    timestamp += below(40) == 0 ? UINT64_C(1) << below(53) : form != FORM_FILLER;
  }
  return length;
}

static void run_file(const char *name) {
  FILE *file = fopen(name, "rb");
  expect(file != NULL, "the file can be opened");
  static uint8_t input[1 << 20];
  LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof input, file));
  fclose(file);
}

int main(int count, char **arguments) {
  char *end = NULL;
  long inputs = count == 3 ? strtol(arguments[1], &end, 10) : 0;
  if (end == NULL || *end != '\0') {
    for (int i = 1; i < count; i++) run_file(arguments[i]);
    return 0;
  }
  static uint8_t input[6000];
  for (long i = 0; i < inputs; i++) {
    state = (uint32_t)(strtoul(arguments[2], NULL, 10) + (unsigned long)i) * 2654435761u | 1u;
    LLVMFuzzerTestOneInput(input, make_input(input, below(20) == 0 ? sizeof input : 400));
  }
  printf("%ld inputs\n", inputs);
  return 0;
}

#endif
