/**
 * Traces as TensorBoard's event files: records of TensorFlow's format (TFRecord: length, its checksum, the bytes, their
 * checksum), each an `Event` of event.proto.
 */
import protobuf from 'protobufjs/light.js';
import type { TraceRecord } from '../../src/experiment/trial.ts';

const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { id: 1, type: 'double' },
        step: { id: 2, type: 'int64' },
        fileVersion: { id: 3, type: 'string' },
        summary: { id: 5, type: 'Summary' },
      },
    },
    Summary: { fields: { value: { id: 1, type: 'Value', rule: 'repeated' } } },
    Value: { fields: { tag: { id: 1, type: 'string' }, simpleValue: { id: 2, type: 'float' } } },
  },
});
const eventType = root.lookupType('Event');

/**
 * The event file of one trial: `total`, and of every term its value and its weighted value, over evaluations.
 *
 * @param startedAt - when the trial began, ISO 8601: TensorBoard's relative time starts there
 */
export function eventFile(trace: readonly TraceRecord[], startedAt: string): Uint8Array {
  const begun = Date.parse(startedAt) / 1000 || 0;
  const records = [
    record({ wallTime: begun, fileVersion: 'brain.Event:2' }),
    ...trace.map(({ evaluation, seconds, total, terms }) => {
      const values = [
        { tag: 'total', simpleValue: total },
        ...Object.entries(terms).flatMap(([name, { value, weighted }]) => [
          { tag: `value/${name}`, simpleValue: value },
          { tag: `weighted/${name}`, simpleValue: weighted },
        ]),
      ];
      return record({ wallTime: begun + seconds, step: evaluation, summary: { value: values } });
    }),
  ];
  return Buffer.concat(records);
}

function record(event: object): Uint8Array {
  const data = eventType.encode(eventType.fromObject(event)).finish();
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length), 0);
  head.writeUInt32LE(maskedChecksum(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedChecksum(data), 0);
  return Buffer.concat([head, data, tail]);
}

/** TFRecord's: a checksum of data that holds checksums is no good one, so it is turned by 15 bits and moved. */
export function maskedChecksum(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  return sum >>> 0;
});

/** CRC-32C (Castagnoli), as RFC 3720 has it. */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 255]!;
  return (sum ^ 0xffffffff) >>> 0;
}
