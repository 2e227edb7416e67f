/* What every processor can do: CRC-32C by tables, eight bytes at a time. Other cpu_*.c start from this. */
#include "bytes.h"
#include "platform.h"

#define POLYNOMIAL UINT32_C(0x82f63b78) /* CRC-32C, reflected */

struct cpu cpu;

static uint32_t table[8][256]; /* [k][b]: the register after byte b and then k zero bytes */

static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t reg = byte;
    for (int bit = 0; bit < 8; bit++) reg = (reg >> 1) ^ ((reg & 1) != 0 ? POLYNOMIAL : 0);
    table[0][byte] = reg;
  }
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (int zeros = 1; zeros < 8; zeros++) {
      uint32_t reg = table[zeros - 1][byte];
      table[zeros][byte] = (reg >> 8) ^ table[0][reg & 255];
    }
  }
}

static inline uint32_t step64(uint32_t reg, uint64_t word) {
  word ^= reg;
  uint32_t next = 0;
  for (int byte = 0; byte < 8; byte++) next ^= table[7 - byte][(word >> (8 * byte)) & 255];
  return next;
}

static uint32_t crc_table(uint32_t reg, const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  for (; length >= 8; length -= 8, at += 8) reg = step64(reg, load64(at));
  for (; length > 0; length--, at++) reg = (reg >> 8) ^ table[0][(reg ^ *at) & 255];
  return reg;
}

static uint32_t crc_table_then(uint32_t reg, const void *bytes, size_t length, uint32_t a, uint64_t b) {
  uint8_t behind[12];
  store32(behind, a);
  store64(behind + 4, b);
  return crc_table(crc_table(reg, bytes, length), behind, sizeof behind);
}

static uint32_t crc_flush_plain(uint32_t reg, void *bytes, size_t length) {
  reg = cpu.crc(reg, bytes, length);
  if (length > 0) cpu.flush(bytes, length);
  return reg;
}

static void flush_streamed(const void *bytes, size_t length) {
  cpu.flush(bytes, length);
}

static uint32_t crc_stream_plain(uint32_t reg, void *target, const void *source, size_t length) {
  if (length > 0) memcpy(target, source, length);
  return crc_flush_plain(reg, target, length);
}

static void flush_nothing(const void *bytes, size_t length) {
  (void)bytes;
  (void)length;
}

static void fence_memory(void) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void cpu_detect_portable(void) {
  fill_table();
  cpu.flush_name = "none";
  cpu.crc_name = "table";
  cpu.flush = flush_nothing;
  cpu.fence = fence_memory;
  cpu.crc = crc_table;
  cpu.crc_then = crc_table_then;
  cpu.crc_flush = crc_flush_plain;
  cpu.streamed = flush_streamed;
  cpu.crc_stream = crc_stream_plain;
}

#ifdef VARVE_CPU_PORTABLE
void cpu_detect(void) {
  cpu_detect_portable();
}
#endif
