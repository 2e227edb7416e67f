/*
 * All that the C side knows of docs/format.md: entries, their checksums, and how to walk them.
 * Everything here works on plain bytes at any alignment and never looks outside the range it is given.
 */
#ifndef VARVE_ENTRY_H
#define VARVE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  ENTRY_HEADER = 16,  /* length u32, checksum u32, tagged timestamp u64 */
  ENTRY_CHECKSUM = 4, /* where the checksum stands */
  ENTRY_TAGGED = 8,   /* where the tagged timestamp stands */
  ENTRY_ALIGN = 8,
  ENTRY_STAGED = 1024, /* the longest payload that is copied before it is checksummed */
  ENTRY_SKIPPED = 8,  /* what FORM_SKIP leaves behind its payload */
};

enum entry_form { FORM_PLAIN = 0, FORM_SKIP = 1, FORM_PART = 2, FORM_FILLER = 3 };

#define ENTRY_TIMESTAMP_BITS 53
#define ENTRY_LAG_SHIFT 55
#define ENTRY_LAG_UNKNOWN 511u
#define ENTRY_PART_LAG_UNKNOWN 255u /* of a transaction's part: greater codes say that it goes on */

/* A walk over valid entries: what it needs, then what it found. */
struct entry_walk {
  uint32_t seed;
  uint64_t after; /* in: timestamp the first must exceed; out: that of the last valid one */
  uint64_t below; /* no timestamp may reach this */
  size_t position;
  uint64_t entries;
  uint64_t certified;
  uint64_t first; /* timestamp of the first valid one; 0 if there is none */
  uint64_t parts; /* how many are parts of transactions */
};

/*
 * Stores the checksum of every entry in [from, to), both multiples of 8. With `flush` the lines are written back on
 * the way, each once; no fence. False if the entries do not end exactly at `to`: those before are then sealed.
 */
bool entry_seal(uint8_t *bytes, size_t from, size_t to, uint32_t seed, bool flush);

/* Walks from walk->position as long as the entries are valid and end at or before `to`. */
void entry_verify(const uint8_t *bytes, size_t to, struct entry_walk *walk);

/*
 * Stores a whole plain entry, sealed, past the cache where the processor can; a fence makes it durable. No byte before it or behind it is
 * stored. `length` is more than CPU_LINE; `stable`: nobody else writes to `source`. Of any other a copy is what is checksummed and stored.
 */
void entry_store(uint8_t *entry, const uint8_t *source, uint32_t length, uint64_t tagged, uint32_t seed, bool stable);

/* The same for a payload of at most ENTRY_STAGED bytes that nobody else writes to. */
void entry_store_staged(uint8_t *entry, const uint8_t *payload, uint32_t length, uint64_t tagged, uint32_t seed);

/* Bytes from the beginning of an entry to that of the next one. */
uint64_t entry_extent(uint32_t length, uint64_t tagged);

bool entry_is_plain(uint64_t tagged);

#endif
