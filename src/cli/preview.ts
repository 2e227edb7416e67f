const HEX_BYTES = 8;
const TEXT_CHARACTERS = 40;
/** A character of UTF-8 takes at most four bytes. */
const TEXT_BYTES = TEXT_CHARACTERS * 4;

/** The first bytes of an entry as hexadecimal and as text, both of bounded length: '68 65 6c 6c 6f           hello'. */
export function preview(data: Uint8Array): string {
  const hex = Array.from(data.subarray(0, HEX_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const more = data.byteLength > HEX_BYTES ? '…' : ' ';
  return `${hex.padEnd(HEX_BYTES * 3 - 1)} ${more} ${textOf(data)}`;
}

/** What cannot be drawn in one place of a terminal becomes a dot. */
function textOf(data: Uint8Array): string {
  const head = data.subarray(0, TEXT_BYTES);
  const characters = Array.from(
    Buffer.from(head)
      .toString()
      .replace(/[\p{C}\p{Z}\ufffd]/gu, dotOrSpace),
  );
  const shown = characters.slice(0, TEXT_CHARACTERS).join('');
  return data.byteLength > TEXT_BYTES || characters.length > TEXT_CHARACTERS ? `${shown}…` : shown;
}

function dotOrSpace(character: string): string {
  return character === ' ' ? ' ' : '.';
}
