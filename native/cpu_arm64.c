/* 64-bit ARM: dc cvap (to the point of persistence) or dc cvac; CRC-32C instructions where there are any. */
#include "bytes.h"
#include "platform.h"

#ifdef VARVE_CPU_ARM64

#include <arm_acle.h>
#include <sys/auxv.h>

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#ifndef HWCAP_DCPOP
#define HWCAP_DCPOP (1 << 16)
#endif

#define CRC_TARGET __attribute__((target("+crc")))

static uintptr_t line_size = CPU_LINE;

static uintptr_t smallest_line(void) {
  uint64_t cache_type;
  __asm__("mrs %0, ctr_el0" : "=r"(cache_type));
  return (uintptr_t)4 << ((cache_type >> 16) & 15);
}

#define EACH_LINE(bytes, length, instruction)                                      \
  do {                                                                             \
    uintptr_t line = (uintptr_t)(bytes) & ~(line_size - 1);                        \
    uintptr_t end = (uintptr_t)(bytes) + (length);                                 \
    for (; line < end; line += line_size) __asm__ volatile(instruction ::"r"(line) : "memory"); \
  } while (0)

/* The assembler of older tools does not know the name `dc cvap`; this is its encoding. */
static void flush_cvap(const void *bytes, size_t length) {
  EACH_LINE(bytes, length, "sys #3, c7, c12, #1, %0");
}

static void flush_cvac(const void *bytes, size_t length) {
  EACH_LINE(bytes, length, "dc cvac, %0");
}

/* Cache maintenance is complete only after a dsb; a dmb would order it and no more. */
static void fence_flushes(void) {
  __asm__ volatile("dsb sy" ::: "memory");
}

CRC_TARGET static inline uint32_t crc_any(uint32_t reg, const uint8_t *at, size_t length) {
  for (; length >= 8; length -= 8, at += 8) reg = __crc32cd(reg, load64(at));
  if ((length & 4) != 0) {
    reg = __crc32cw(reg, load32(at));
    at += 4;
  }
  for (length &= 3; length > 0; length--, at++) reg = __crc32cb(reg, *at);
  return reg;
}

CRC_TARGET static uint32_t crc_armv8(uint32_t reg, const void *bytes, size_t length) {
  return crc_any(reg, bytes, length);
}

CRC_TARGET static uint32_t crc_armv8_then(uint32_t reg, const void *bytes, size_t length, uint32_t a, uint64_t b) {
  return __crc32cd(__crc32cw(crc_any(reg, bytes, length), a), b);
}

void cpu_detect(void) {
  cpu_detect_portable();
  unsigned long can = getauxval(AT_HWCAP);
  bool persists = (can & HWCAP_DCPOP) != 0;
  line_size = smallest_line();
  cpu.flush = persists ? flush_cvap : flush_cvac;
  cpu.flush_name = persists ? "dc cvap" : "dc cvac";
  cpu.fence = fence_flushes;
  if ((can & HWCAP_CRC32) == 0) return;
  cpu.crc = crc_armv8;
  cpu.crc_then = crc_armv8_then;
  cpu.crc_name = "armv8";
}

#endif
