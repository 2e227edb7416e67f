/* x86-64: clwb, clflushopt or clflush; CRC-32C by SSE 4.2 in three chains; non-temporal stores. */
#include "bytes.h"
#include "platform.h"

#ifdef VARVE_CPU_X64

#include <cpuid.h>
#include <immintrin.h>

#define CRC_TARGET __attribute__((target("sse4.2,pclmul")))

/* ---- flushing ---- */

#define EACH_LINE(bytes, length, instruction)                                         \
  do {                                                                                \
    char *line = (char *)((uintptr_t)(bytes) & ~(uintptr_t)(CPU_LINE - 1));           \
    char *end = (char *)(uintptr_t)(bytes) + (length);                                \
    for (; line < end; line += CPU_LINE) instruction(line);                           \
  } while (0)

__attribute__((target("clwb"))) static void flush_clwb(const void *bytes, size_t length) {
  EACH_LINE(bytes, length, _mm_clwb);
}

__attribute__((target("clflushopt"))) static void flush_clflushopt(const void *bytes, size_t length) {
  EACH_LINE(bytes, length, _mm_clflushopt);
}

static void flush_clflush(const void *bytes, size_t length) {
  EACH_LINE(bytes, length, _mm_clflush);
}

static void fence_stores(void) {
  _mm_sfence();
}

/* ---- CRC-32C ---- */

/*
 * One chain waits three cycles for each step, so long runs go in three chains of equal length that are joined at the
 * end: shift[n] times a register, by carry-less multiplication and one more step, is that register after n zero words.
 */
enum {
  CHAIN_WORDS = 256,
  CHAIN_LINES = CHAIN_WORDS * 8 / CPU_LINE,
  CHAINS_FROM = 192, /* bytes; below this joining costs more than it saves */
};

static uint32_t shift[2 * CHAIN_WORDS + 1];

CRC_TARGET static void fill_shift(void) {
  /* x^(64n - 33): a reflected product is x too high, and the step that reduces it adds 32. For n = 1 that is x^31. */
  uint32_t power = 1;
  for (int words = 1; words <= 2 * CHAIN_WORDS; words++) {
    shift[words] = power;
    power = (uint32_t)_mm_crc32_u64(power, 0);
  }
}

CRC_TARGET static inline __m128i times(uint64_t reg, uint32_t factor) {
  return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)reg), _mm_cvtsi32_si128((int)factor), 0);
}

CRC_TARGET static inline uint64_t join(uint64_t a, uint64_t b, uint64_t c, size_t words) {
  __m128i product = _mm_xor_si128(times(a, shift[2 * words]), times(b, shift[words]));
  return c ^ _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

CRC_TARGET static inline uint64_t crc_short(uint64_t reg, const uint8_t *at, size_t length) {
  for (; length >= 8; length -= 8, at += 8) reg = _mm_crc32_u64(reg, load64(at));
  if ((length & 4) != 0) {
    reg = _mm_crc32_u32((uint32_t)reg, load32(at));
    at += 4;
  }
  for (length &= 3; length > 0; length--, at++) reg = _mm_crc32_u8((uint32_t)reg, *at);
  return reg;
}

CRC_TARGET static __attribute__((noinline)) uint64_t crc_long(uint64_t reg, const uint8_t *at, size_t length) {
  while (length >= CHAINS_FROM) {
    size_t words = length / 24 < CHAIN_WORDS ? length / 24 : CHAIN_WORDS;
    size_t chain = words * 8;
    uint64_t b = 0;
    uint64_t c = 0;
    for (size_t word = 0; word < words; word++, at += 8) {
      reg = _mm_crc32_u64(reg, load64(at));
      b = _mm_crc32_u64(b, load64(at + chain));
      c = _mm_crc32_u64(c, load64(at + 2 * chain));
    }
    reg = join(reg, b, c, words);
    at += 2 * chain;
    length -= 3 * chain;
  }
  return crc_short(reg, at, length);
}

CRC_TARGET static inline uint64_t crc_any(uint64_t reg, const uint8_t *at, size_t length) {
  return length < CHAINS_FROM ? crc_short(reg, at, length) : crc_long(reg, at, length);
}

CRC_TARGET static uint32_t crc_sse42(uint32_t reg, const void *bytes, size_t length) {
  return (uint32_t)crc_any(reg, bytes, length);
}

CRC_TARGET static uint32_t crc_sse42_then(uint32_t reg, const void *bytes, size_t length, uint32_t a, uint64_t b) {
  uint64_t after = crc_any(reg, bytes, length);
  return (uint32_t)_mm_crc32_u64(_mm_crc32_u32((uint32_t)after, a), b);
}

/* ---- copying past the cache ---- */

/* One load serves checksum and store, so that what is stored is what was checksummed. */
CRC_TARGET static inline uint64_t stream_line(uint64_t reg, uint8_t *to, const uint8_t *from) {
  for (int word = 0; word < CPU_LINE / 8; word++) {
    long long value = (long long)load64(from + 8 * word);
    reg = _mm_crc32_u64(reg, (uint64_t)value);
    _mm_stream_si64((long long *)(to + 8 * word), value);
  }
  return reg;
}

CRC_TARGET static uint64_t stream_lines(uint64_t reg, uint8_t *to, const uint8_t *from, size_t lines) {
  while (lines >= 3) {
    size_t each = lines / 3 < CHAIN_LINES ? lines / 3 : CHAIN_LINES;
    size_t chain = each * CPU_LINE;
    uint64_t b = 0;
    uint64_t c = 0;
    for (size_t line = 0; line < each; line++, to += CPU_LINE, from += CPU_LINE) {
      reg = stream_line(reg, to, from);
      b = stream_line(b, to + chain, from + chain);
      c = stream_line(c, to + 2 * chain, from + 2 * chain);
    }
    reg = join(reg, b, c, chain / 8);
    to += 2 * chain;
    from += 2 * chain;
    lines -= 3 * each;
  }
  for (; lines > 0; lines--, to += CPU_LINE, from += CPU_LINE) reg = stream_line(reg, to, from);
  return reg;
}

CRC_TARGET static uint64_t copy_part(uint64_t reg, uint8_t *to, const uint8_t *from, size_t length) {
  if (length == 0) return reg;
  memcpy(to, from, length);
  return crc_short(reg, to, length);
}

CRC_TARGET static uint32_t stream_sse42(uint32_t reg, void *target, const void *source, size_t length) {
  uint8_t *to = target;
  const uint8_t *from = source;
  size_t head = (size_t)(-(uintptr_t)to & (CPU_LINE - 1));
  if (head > length) head = length;
  size_t lines = (length - head) / CPU_LINE;
  size_t body = head + lines * CPU_LINE;
  uint64_t after = copy_part(reg, to, from, head);
  after = stream_lines(after, to + head, from + head, lines);
  return (uint32_t)copy_part(after, to + body, from + body, length - body);
}

/* ---- detection ---- */

static void detect_flush(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  if ((b & bit_CLWB) != 0) {
    cpu.flush = flush_clwb;
    cpu.flush_name = "clwb";
  } else if ((b & bit_CLFLUSHOPT) != 0) {
    cpu.flush = flush_clflushopt;
    cpu.flush_name = "clflushopt";
  } else {
    cpu.flush = flush_clflush; /* every x86-64 has it */
    cpu.flush_name = "clflush";
  }
}

void cpu_detect(void) {
  cpu_detect_portable();
  detect_flush();
  cpu.fence = fence_stores;
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(1, &a, &b, &c, &d);
  if ((c & bit_SSE4_2) == 0 || (c & bit_PCLMUL) == 0) return;
  fill_shift();
  cpu.crc = crc_sse42;
  cpu.crc_then = crc_sse42_then;
  cpu.stream = stream_sse42;
  cpu.crc_name = "sse4.2";
}

#endif
