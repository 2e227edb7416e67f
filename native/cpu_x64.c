/* x86-64: clwb, clflushopt or clflush; CRC-32C by SSE 4.2 and carry-less multiplication; non-temporal stores, by AVX where it is there. */
#include "bytes.h"
#include "platform.h"

#ifdef VARVE_CPU_X64

#include <cpuid.h>
#include <immintrin.h>

#define CRC_TARGET __attribute__((target("sse4.2,pclmul")))

/* ---- lines ---- */

/* What is done with a line once it is checksummed. Always a constant, so that each use compiles to its own loop. */
enum fate { KEEP, STREAM, STREAM_WIDE, CLWB, CLFLUSHOPT, CLFLUSH };

/* At -O2 the compiler leaves loops alone whose code would grow, and their arrays in memory instead of registers. */
#define UNROLLED _Pragma("GCC unroll 8")
#define INLINE static inline __attribute__((always_inline))

/* By their names and not by intrinsics, which would tie every caller to a compiler target of its own. */
INLINE void write_back(volatile char *line, enum fate fate) {
  if (fate == CLWB) __asm__ volatile("clwb %0" : "+m"(*line));
  if (fate == CLFLUSHOPT) __asm__ volatile("clflushopt %0" : "+m"(*line));
  if (fate == CLFLUSH) __asm__ volatile("clflush %0" : "+m"(*line));
  if (fate != KEEP) recorded_flush(line);
}

INLINE void flush_by(const void *bytes, size_t length, enum fate fate) {
  uintptr_t end = (uintptr_t)bytes + length;
  for (uintptr_t line = (uintptr_t)bytes & ~(uintptr_t)(CPU_LINE - 1); line < end; line += CPU_LINE) {
    write_back((volatile char *)line, fate);
  }
}

static void flush_clwb(const void *bytes, size_t length) {
  flush_by(bytes, length, CLWB);
}

static void flush_clflushopt(const void *bytes, size_t length) {
  flush_by(bytes, length, CLFLUSHOPT);
}

static void flush_clflush(const void *bytes, size_t length) {
  flush_by(bytes, length, CLFLUSH);
}

static void fence_stores(void) {
  _mm_sfence();
  recorded_fence();
}

struct half_line {
  uint8_t bytes[CPU_LINE / 2];
};

INLINE void stream_half(uint8_t *to, const uint8_t *from) {
  const struct half_line *source = (const struct half_line *)from;
  struct half_line *target = (struct half_line *)to;
  __asm__ volatile("vmovdqu %1, %%ymm0\n\tvmovntdq %%ymm0, %0" : "=m"(*target) : "m"(*source) : "xmm0");
}

/* `to` is where a streamed line goes, and the line itself otherwise. */
INLINE void settle(uint8_t *to, const uint8_t *from, enum fate fate) {
  if (fate == STREAM_WIDE) {
    stream_half(to, from);
    stream_half(to + CPU_LINE / 2, from + CPU_LINE / 2);
  }
  UNROLLED
  for (int part = 0; fate == STREAM && part < CPU_LINE; part += 16) {
    _mm_stream_si128((__m128i *)(to + part), _mm_loadu_si128((const __m128i *)(from + part)));
  }
  if (fate == STREAM || fate == STREAM_WIDE) recorded_flush(to);
  else write_back((volatile char *)to, fate);
}

static void note_streamed(const void *bytes, size_t length) {
  flush_by(bytes, length, STREAM);
}

/* ---- CRC-32C ---- */

/*
 * One chain of the instruction waits three cycles for each step, so long runs go in three chains of equal length that
 * are joined at the end: shift[n] times a register, by carry-less multiplication and one more step, is that register
 * after n zero words. The multiplier is idle meanwhile: in runs of lines it takes a fourth part, folding line onto line.
 */
enum {
  CHAIN_LINES = 31, /* with 32 two chains would lie 4096 bytes apart, which costs half of the speed of streaming */
  CHAIN_WORDS = CHAIN_LINES * CPU_LINE / 8,
  CHAINS_FROM = 192, /* bytes; below this joining costs more than it saves */
  LINES_FROM = 512,
};

static uint32_t shift[3 * CHAIN_WORDS + 1];
static uint64_t fold[2]; /* what moves the first and the second half of 16 bytes on by a line */

CRC_TARGET static void fill_shift(void) {
  /* x^(64n - 33): a reflected product is x too high, and the step that reduces it adds 32. For n = 1 that is x^31. */
  uint32_t power = 1;
  for (int words = 1; words <= 3 * CHAIN_WORDS; words++) {
    shift[words] = power;
    power = (uint32_t)_mm_crc32_u64(power, 0);
  }
  /* x^(512 + 64 - 1) and x^(512 - 1), as the upper halves of reflected words. */
  fold[0] = (uint64_t)_mm_crc32_u32(shift[9], 0) << 32;
  fold[1] = (uint64_t)_mm_crc32_u32(shift[8], 0) << 32;
}

CRC_TARGET INLINE __m128i times(uint64_t reg, uint32_t factor) {
  return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)reg), _mm_cvtsi32_si128((int)factor), 0);
}

CRC_TARGET INLINE uint64_t reduce(__m128i product) {
  return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

CRC_TARGET INLINE uint64_t crc_short(uint64_t reg, const uint8_t *at, size_t length) {
  for (; length >= 8; length -= 8, at += 8) reg = _mm_crc32_u64(reg, load64(at));
  if ((length & 4) != 0) {
    reg = _mm_crc32_u32((uint32_t)reg, load32(at));
    at += 4;
  }
  for (length &= 3; length > 0; length--, at++) reg = _mm_crc32_u8((uint32_t)reg, *at);
  return reg;
}

/* Less than LINES_FROM bytes, in three chains. */
CRC_TARGET static uint64_t crc_middle(uint64_t reg, const uint8_t *at, size_t length) {
  if (length < CHAINS_FROM) return crc_short(reg, at, length);
  size_t words = length / 24;
  size_t chain = words * 8;
  uint64_t b = 0;
  uint64_t c = 0;
  for (size_t word = 0; word < words; word++, at += 8) {
    reg = _mm_crc32_u64(reg, load64(at));
    b = _mm_crc32_u64(b, load64(at + chain));
    c = _mm_crc32_u64(c, load64(at + 2 * chain));
  }
  reg = c ^ reduce(_mm_xor_si128(times(reg, shift[2 * words]), times(b, shift[words])));
  return crc_short(reg, at + 2 * chain, length - 3 * chain);
}

CRC_TARGET INLINE uint64_t crc_line(uint64_t reg, const uint8_t *line) {
  UNROLLED
  for (int word = 0; word < CPU_LINE; word += 8) reg = _mm_crc32_u64(reg, load64(line + word));
  return reg;
}

CRC_TARGET INLINE void fold_line(__m128i folded[4], __m128i factors, const uint8_t *line) {
  UNROLLED
  for (int part = 0; part < 4; part++) {
    __m128i moved = _mm_xor_si128(_mm_clmulepi64_si128(folded[part], factors, 0x00),
                                  _mm_clmulepi64_si128(folded[part], factors, 0x11));
    folded[part] = _mm_xor_si128(moved, _mm_loadu_si128((const __m128i *)(line + 16 * part)));
  }
}

/* 4 * each lines: `each` in every chain and as many folded. */
CRC_TARGET INLINE uint64_t crc_lines(uint64_t reg, uint8_t *to, const uint8_t *from, size_t each, enum fate fate) {
  size_t chain = each * CPU_LINE;
  uint64_t b = 0;
  uint64_t c = 0;
  __m128i folded[4] = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
  __m128i factors = _mm_loadu_si128((const __m128i *)fold);
  for (size_t at = 0; at < chain; at += CPU_LINE) {
    reg = crc_line(reg, from + at);
    b = crc_line(b, from + at + chain);
    c = crc_line(c, from + at + 2 * chain);
    fold_line(folded, factors, from + at + 3 * chain);
    UNROLLED
    for (size_t part = 0; part < 4; part++) settle(to + at + part * chain, from + at + part * chain, fate);
  }
  uint8_t line[CPU_LINE];
  UNROLLED
  for (int part = 0; part < 4; part++) _mm_storeu_si128((__m128i *)(line + 16 * part), folded[part]);
  size_t words = chain / 8;
  __m128i others = _mm_xor_si128(times(reg, shift[3 * words]), times(b, shift[2 * words]));
  return crc_line(0, line) ^ reduce(_mm_xor_si128(others, times(c, shift[words])));
}

/* Any length. With a fate other than KEEP, `to` lies at the beginning of a line; its last part of a line is not settled. */
CRC_TARGET INLINE uint64_t crc_settle(uint64_t reg, uint8_t *to, const uint8_t *from, size_t length, enum fate fate) {
  while (length >= LINES_FROM) {
    size_t lines = length / CPU_LINE / 4;
    size_t each = lines < CHAIN_LINES ? lines : CHAIN_LINES;
    reg = crc_lines(reg, to, from, each, fate);
    to += 4 * each * CPU_LINE;
    from += 4 * each * CPU_LINE;
    length -= 4 * each * CPU_LINE;
  }
  reg = crc_middle(reg, from, length);
  for (; fate != KEEP && length >= CPU_LINE; length -= CPU_LINE, to += CPU_LINE, from += CPU_LINE) {
    settle(to, from, fate);
  }
  return reg;
}

CRC_TARGET static __attribute__((noinline)) uint64_t crc_long(uint64_t reg, const uint8_t *at, size_t length) {
  return crc_settle(reg, (uint8_t *)(uintptr_t)at, at, length, KEEP);
}

CRC_TARGET INLINE uint64_t crc_any(uint64_t reg, const uint8_t *at, size_t length) {
  return length < CHAINS_FROM ? crc_short(reg, at, length) : crc_long(reg, at, length);
}

CRC_TARGET static uint32_t crc_sse42(uint32_t reg, const void *bytes, size_t length) {
  return (uint32_t)crc_any(reg, bytes, length);
}

CRC_TARGET static uint32_t crc_sse42_then(uint32_t reg, const void *bytes, size_t length, uint32_t a, uint64_t b) {
  uint64_t after = crc_any(reg, bytes, length);
  return (uint32_t)_mm_crc32_u64(_mm_crc32_u32((uint32_t)after, a), b);
}

/* ---- checksumming together with flushing or copying ---- */

static size_t before_line(const uint8_t *bytes, size_t length) {
  size_t head = (size_t)(-(uintptr_t)bytes & (CPU_LINE - 1));
  return head < length ? head : length;
}

CRC_TARGET INLINE uint32_t crc_flush_by(uint32_t reg, uint8_t *bytes, size_t length, enum fate fate) {
  size_t head = before_line(bytes, length);
  uint64_t after = crc_short(reg, bytes, head);
  return (uint32_t)crc_settle(after, bytes + head, bytes + head, length - head, fate);
}

CRC_TARGET static uint32_t crc_flush_clwb(uint32_t reg, void *bytes, size_t length) {
  return crc_flush_by(reg, bytes, length, CLWB);
}

CRC_TARGET static uint32_t crc_flush_clflushopt(uint32_t reg, void *bytes, size_t length) {
  return crc_flush_by(reg, bytes, length, CLFLUSHOPT);
}

CRC_TARGET static uint32_t crc_flush_clflush(uint32_t reg, void *bytes, size_t length) {
  return crc_flush_by(reg, bytes, length, CLFLUSH);
}

CRC_TARGET static uint32_t crc_stream(uint32_t reg, void *target, const void *source, size_t length) {
  return (uint32_t)crc_settle(reg, target, source, length, STREAM);
}

/* Half as many stores for the same bytes: while the memory is slow to take them, that leaves more room for the checksum of the next. */
__attribute__((target("sse4.2,pclmul,avx"))) static uint32_t crc_stream_wide(uint32_t reg, void *target,
                                                                            const void *source, size_t length) {
  uint64_t after = crc_settle(reg, target, source, length, STREAM_WIDE);
  __asm__ volatile("vzeroupper" ::: "xmm0");
  return (uint32_t)after;
}

/* ---- detection ---- */

/* The best of what the processor has. */
static enum fate flush_instruction(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  if ((b & bit_CLWB) != 0) return CLWB;
  return (b & bit_CLFLUSHOPT) != 0 ? CLFLUSHOPT : CLFLUSH; /* every x86-64 has that one */
}

static bool has_crc(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(1, &a, &b, &c, &d);
  return (c & bit_SSE4_2) != 0 && (c & bit_PCLMUL) != 0;
}

void cpu_detect(void) {
  cpu_detect_portable();
  enum fate flush = flush_instruction();
  cpu.flush_name = flush == CLWB ? "clwb" : flush == CLFLUSHOPT ? "clflushopt" : "clflush";
  cpu.flush = flush == CLWB ? flush_clwb : flush == CLFLUSHOPT ? flush_clflushopt : flush_clflush;
  cpu.fence = fence_stores;
  cpu.streamed = note_streamed;
  if (!has_crc()) return;
  fill_shift();
  cpu.crc_name = "sse4.2";
  cpu.crc = crc_sse42;
  cpu.crc_then = crc_sse42_then;
  cpu.crc_flush = flush == CLWB ? crc_flush_clwb : flush == CLFLUSHOPT ? crc_flush_clflushopt : crc_flush_clflush;
  cpu.crc_stream = __builtin_cpu_supports("avx") ? crc_stream_wide : crc_stream;
}

#endif
