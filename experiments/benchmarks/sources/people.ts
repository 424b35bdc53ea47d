/** What is asked of people, the same in all protocols: ASTRA's design (arXiv 2610.10003), with a population stated. */
import type { z } from 'zod';
import type { protocolSchema } from '../../../src/benchmark/protocol-schema.ts';

export type WrittenProtocol = z.input<typeof protocolSchema>;

export const people: WrittenProtocol['people'] = {
  questions: [
    { aspect: 'overall', text: 'Which looks more like an ideal combination of this content and this style?' },
    { aspect: 'style', text: 'Which captures the style better?' },
    { aspect: 'content', text: 'Which preserves the content better?' },
  ],
  comparison: 'forced choice',
  within: true,
  across: true,
  training:
    'An illustrated page on content, style and transfer; then questions with feedback that must be answered rightly to go on.',
  checks: [
    'Within pairs: six comparisons with a right answer for content and style, made from the pictures.',
    'Across pairs: four such comparisons.',
    'A break in the middle that cannot be skipped.',
  ],
  exclusion: [
    'Fewer than 5 of 6 checks right within pairs, or fewer than 3 of 4 across pairs.',
    'A session that was not finished.',
    'All answers on one side.',
  ],
  population: {
    sought: {
      age: { '18–29': 0.2, '30–44': 0.25, '45–59': 0.25, '60 and older': 0.3 },
      'art training': { none: 0.8, some: 0.15, professional: 0.05 },
    },
    source: 'declared by this protocol: rounded shares of an adult population, no census of any country',
  },
};
