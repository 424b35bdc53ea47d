import test from 'ava';
import { escapeHtml, html, jsonForScript, trusted } from '../../src/platform/html.ts';

const hostile = `"><script>alert('1')</script>&amp;`;

test('what is put into a template becomes text', (t) => {
  t.is(
    html`<p title="${hostile}">${hostile}</p>`.html,
    `<p title="&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;">&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;</p>`,
  );
  t.is(escapeHtml('plain text × “quotes”'), 'plain text × “quotes”');
});

test('templates nest, lists are joined, nothing is left of what is absent', (t) => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  t.is(
    html`<ul>${items}${undefined}${false}${null}${0}</ul>`.html,
    '<ul><li>a</li><li>&#60;b&#62;</li>0</ul>',
  );
  t.is(html`${trusted('<hr>')}`.html, '<hr>');
});

test('data in a script element cannot end it and reads back as it was', (t) => {
  const value = { text: `</script><!--<script>${hostile}\u2028`, n: [1, null] };
  const text = jsonForScript(value).html;
  t.notRegex(text, /[<>&\u2028]/);
  t.deepEqual(JSON.parse(text), value);
});
