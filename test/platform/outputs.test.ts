import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { refuseInput, replacedSentence } from '../../src/platform/outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-outputs-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

writeFileSync(at('photo.png'), 'mine');
writeFileSync(at('other.png'), 'mine too');
symlinkSync(at('photo.png'), at('link.png'));
symlinkSync(folder, at('folder'));
linkSync(at('photo.png'), at('hard.png'));

const ways: Readonly<Record<string, string>> = {
  'the path itself': at('photo.png'),
  'a relative path': relative(process.cwd(), at('photo.png')),
  'a symbolic link': at('link.png'),
  'a folder that is a symbolic link': join(at('folder'), 'photo.png'),
  'a hard link': at('hard.png'),
  'a detour': `${folder}/folder/../${folder.split('/').at(-1)}/./photo.png`,
};

for (const [way, output] of Object.entries(ways)) {
  test(`an input is not written over by ${way}`, (t) => {
    const error = t.throws(
      () =>
        refuseInput(output, [
          ['style image', at('other.png')],
          ['content image', at('photo.png')],
        ]),
      {
        instanceOf: NeckarError,
      },
    );
    t.regex(
      error!.message,
      /is the content image.* itself, which would be lost; give the output another name/,
    );
  });
}

test('other files are outputs, there or not; what is there is said to be replaced', (t) => {
  t.notThrows(() =>
    refuseInput(at('new.png'), [
      ['content image', at('photo.png')],
      ['weight file', at('gone')],
    ]),
  );
  t.notThrows(() => refuseInput(at('other.png'), [['content image', at('photo.png')]]));
  t.is(replacedSentence(at('new.png')), undefined);
  t.regex(
    replacedSentence(at('other.png'))!,
    /other\.png" is there already \(of \d{4}-.* UTC\) and will be replaced/,
  );
});
