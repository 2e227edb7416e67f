#include "entry.h"

#include "bytes.h"
#include "platform.h"

static inline enum entry_form form_of(uint64_t tagged) {
  return (enum entry_form)((tagged >> ENTRY_TIMESTAMP_BITS) & 3);
}

static inline uint64_t timestamp_of(uint64_t tagged) {
  return tagged & ((UINT64_C(1) << ENTRY_TIMESTAMP_BITS) - 1);
}

static inline uint64_t extent_of(uint32_t length, enum entry_form form) {
  uint64_t padded = ((uint64_t)length + (ENTRY_ALIGN - 1)) & ~(uint64_t)(ENTRY_ALIGN - 1);
  return ENTRY_HEADER + padded + (form == FORM_SKIP ? ENTRY_SKIPPED : 0);
}

bool entry_is_plain(uint64_t tagged) {
  return form_of(tagged) == FORM_PLAIN;
}

uint64_t entry_extent(uint32_t length, uint64_t tagged) {
  return extent_of(length, form_of(tagged));
}

/* The small float of the format: how far behind its own timestamp an entry saw the stream persisted. */
static inline uint64_t lag_of(uint64_t tagged) {
  uint64_t code = tagged >> ENTRY_LAG_SHIFT;
  uint64_t exponent = code >> 4;
  uint64_t mantissa = code & 15;
  return exponent == 0 ? mantissa : (16 + mantissa) << (exponent - 1);
}

static inline uint64_t certified_by(uint64_t tagged) {
  uint64_t before = timestamp_of(tagged) - 1;
  uint64_t lag = lag_of(tagged);
  uint64_t unknown = form_of(tagged) == FORM_PART ? ENTRY_PART_LAG_UNKNOWN : ENTRY_LAG_UNKNOWN;
  return tagged >> ENTRY_LAG_SHIFT >= unknown || lag > before ? 0 : before - lag;
}

static inline size_t line_down(size_t address) {
  return address & ~(size_t)(CPU_LINE - 1);
}

static inline size_t line_up(size_t address) {
  return line_down(address + (CPU_LINE - 1));
}

static void flush_lines(size_t from, size_t to) {
  if (from < to) cpu.flush((const void *)from, to - from);
}

/* From here on checksumming and flushing are worth doing line by line together. */
enum { LONG_PAYLOAD = 512 };

/* The checksum of an entry. If its inner lines are written back meanwhile, `line` moves behind them. */
static uint32_t checksum(uint8_t *entry, size_t covered, uint32_t seed, size_t *line) {
  uint8_t *payload = entry + ENTRY_HEADER;
  uint32_t length = load32(entry);
  uint64_t tagged = load64(entry + ENTRY_TAGGED);
  if (line == NULL || covered < LONG_PAYLOAD) return cpu.crc_then(seed, payload, covered, length, tagged);
  uint32_t sum = cpu.crc_flush(seed, payload, covered);
  *line = line_down((size_t)payload + covered);
  return cpu.crc_then(sum, NULL, 0, length, tagged);
}

bool entry_seal(uint8_t *bytes, size_t from, size_t to, uint32_t seed, bool flush) {
  size_t line = line_down((size_t)(bytes + from)); /* every line before it that needs it has been written back */
  size_t position = from;
  while (position < to) {
    size_t room = to - position;
    if (room < ENTRY_HEADER) return false;
    uint8_t *entry = bytes + position;
    uint32_t length = load32(entry);
    enum entry_form form = form_of(load64(entry + ENTRY_TAGGED));
    uint64_t extent = extent_of(length, form);
    if (extent > room) return false;
    size_t covered = form == FORM_FILLER ? 0 : length;
    size_t head = line;
    store32(entry + ENTRY_CHECKSUM, checksum(entry, covered, seed, flush ? &line : NULL));
    position += extent;
    if (!flush) continue;
    if (line > head) flush_lines(head, line_up((size_t)(entry + ENTRY_HEADER)));
    /* The line in which the next header lies waits for that header. */
    size_t end = line_up((size_t)(entry + ENTRY_HEADER + covered));
    size_t next = position < to ? line_down((size_t)(bytes + position)) : SIZE_MAX;
    flush_lines(line, end < next ? end : next);
    if (line < next) line = next;
  }
  return true;
}

void entry_verify(const uint8_t *bytes, size_t to, struct entry_walk *walk) {
  size_t position = walk->position;
  uint64_t last = walk->after;
  uint64_t entries = 0;
  uint64_t certified = 0;
  uint64_t first = 0;
  uint64_t parts = 0;
  while (position <= to && to - position >= ENTRY_HEADER) {
    const uint8_t *entry = bytes + position;
    uint64_t front = load64(entry);
    uint64_t tagged = load64(entry + ENTRY_TAGGED);
    uint32_t length = (uint32_t)front;
    enum entry_form form = form_of(tagged);
    uint64_t timestamp = timestamp_of(tagged);
    uint64_t extent = extent_of(length, form);
    if (extent > to - position || timestamp >= walk->below) break;
    bool filler = form == FORM_FILLER;
    if (filler ? timestamp < last || length % ENTRY_ALIGN != 0 : timestamp <= last) break;
    uint32_t sum = cpu.crc_then(walk->seed, entry + ENTRY_HEADER, filler ? 0 : length, length, tagged);
    if (sum != (uint32_t)(front >> 32)) break;
    position += extent;
    if (filler) continue;
    last = timestamp;
    if (entries == 0) first = timestamp;
    entries += 1;
    parts += form == FORM_PART;
    uint64_t said = certified_by(tagged);
    if (said > certified) certified = said;
  }
  walk->position = position;
  walk->after = last;
  walk->entries = entries;
  walk->certified = certified;
  walk->first = first;
  walk->parts = parts;
}

/*
 * A fence lets the processor go on while words are on their way, but no store behind it takes effect before they have
 * arrived. What loads from such a store is handed its value early only if it loads no more than that one store has
 * stored. So here all goes by words of 8 bytes: with anything wider every entry would wait for the one before. Words that
 * go past the cache need no line to be fetched first, nor does any byte of the entry before have to be stored again.
 */

/* What the compiler may not join with its neighbours. */
static inline uint64_t apart(uint64_t word) {
  __asm__("" : "+r"(word));
  return word;
}

/* The last `length` % 8 bytes, and zeroes behind them. */
static uint64_t last_word(const uint8_t *bytes, size_t length) {
  size_t rest = length % 8;
  if (length >= 8) return load64(bytes + length - 8) >> (8 * (8 - rest));
  uint64_t word = 0;
  for (size_t i = rest; i-- > 0;) word = word << 8 | bytes[i];
  return word;
}

/* A payload, or the end of one, with its padding. */
static void stream_padded(uint8_t *to, const uint8_t *from, size_t length) {
  size_t whole = length / 8 * 8;
  for (size_t at = 0; at < whole; at += 8) cpu_stream64(to + at, apart(load64(from + at)));
  if (whole < length) cpu_stream64(to + whole, apart(last_word(from, length)));
}

static void stream_header(uint8_t *entry, uint32_t length, uint32_t sum, uint64_t tagged) {
  cpu_stream64(entry, (uint64_t)length | (uint64_t)sum << 32);
  cpu_stream64(entry + ENTRY_TAGGED, tagged);
}

void entry_store_staged(uint8_t *entry, const uint8_t *payload, uint32_t length, uint64_t tagged, uint32_t seed) {
  stream_header(entry, length, cpu.crc_then(seed, payload, length, length, tagged), tagged);
  stream_padded(entry + ENTRY_HEADER, payload, length);
  cpu.streamed(entry, (size_t)extent_of(length, FORM_PLAIN));
}

/* Whole lines of a payload. What somebody else may be writing to is copied first, piece by piece. */
static uint32_t store_lines(uint32_t reg, uint8_t *to, const uint8_t *source, size_t length, bool stable) {
  if (stable) return cpu.crc_stream(reg, to, source, length);
  _Alignas(CPU_LINE) uint8_t piece[4096];
  for (size_t at = 0; at < length; at += sizeof piece) {
    size_t part = length - at < sizeof piece ? length - at : sizeof piece;
    memcpy(piece, source + at, part);
    reg = cpu.crc_stream(reg, to + at, piece, part);
  }
  return reg;
}

void entry_store(uint8_t *entry, const uint8_t *source, uint32_t length, uint64_t tagged, uint32_t seed, bool stable) {
  uint8_t head[CPU_LINE], last[CPU_LINE];
  uint8_t *payload = entry + ENTRY_HEADER;
  size_t in_head = line_up((size_t)payload) - (size_t)payload;
  size_t lines = line_down(length - in_head);
  size_t rest = length - in_head - lines;
  memcpy(head, source, in_head);
  memcpy(last, source + in_head + lines, rest);
  uint32_t sum = store_lines(cpu.crc(seed, head, in_head), payload + in_head, source + in_head, lines, stable);
  stream_header(entry, length, cpu.crc_then(sum, last, rest, length, tagged), tagged);
  stream_padded(payload, head, in_head);
  cpu.streamed(entry, ENTRY_HEADER + in_head);
  stream_padded(payload + in_head + lines, last, rest);
  if (rest > 0) cpu.streamed(payload + in_head + lines, rest);
}
