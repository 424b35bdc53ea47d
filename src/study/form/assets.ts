/** The form as files: one page, one script, one style sheet, and its texts in every language. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { browserScript } from '../../platform/browser-script.ts';
import { html, jsonForScript, trusted } from '../../platform/html.ts';
import { conditionBands, offeredAnswers } from '../storage/answer.ts';
import { consentBlocks } from './consent.ts';
import type { EmbeddedForm, FormPageData } from './exchange.ts';
import type { StudyForm } from './schema.ts';
import { type Texts, textsByLanguage } from './shipped.ts';

export interface FormAssets {
  /** The page of the web server, which loads the other two. */
  readonly page: string;
  readonly script: string;
  readonly style: string;
}

/** The form for the web server, in the study's words. */
export async function formAssets(form: StudyForm): Promise<FormAssets> {
  const [script, style] = await Promise.all([formScript(), read('form.css')]);
  const data = formData(form);
  return {
    script,
    style,
    page: document(
      html`<link rel="stylesheet" href="form.css">`.html,
      html`<script type="application/json" id="form-data">${jsonForScript(data)}</script>
<script src="form.js" defer></script>`.html,
    ),
  };
}

/** The form as one document that needs nothing else. */
export async function formDocument(form: StudyForm, embedded: EmbeddedForm): Promise<string> {
  const [script, style] = await Promise.all([formScript(), read('form.css')]);
  const data: FormPageData = { ...formData(form), embedded };
  const policy = `default-src 'none'; script-src '${hashSource(script)}'; style-src '${hashSource(style)}'; img-src blob: data:; base-uri 'none'; form-action 'none'`;
  return document(
    html`<meta http-equiv="Content-Security-Policy" content="${policy}">
<style>${trusted(style)}</style>`.html,
    html`<script type="application/json" id="form-data">${jsonForScript(data)}</script>
<script>${trusted(script)}</script>`.html,
  );
}

/** What the form's script works with: texts by language, consent as a tree, questions by name. */
export function formData(form: StudyForm): FormPageData {
  const texts: Record<string, Texts> = {};
  for (const [tag, said] of Object.entries(textsByLanguage(form))) {
    const questions = form.questions.flatMap(({ id, ask, more }) => [
      [`ask.${id}`, ask[tag]!],
      [`ask.${id}.more`, more[tag]!],
    ]);
    const background = form.background.flatMap(({ id, ask, answers }) => [
      [`about.${id}`, ask[tag]!],
      ...(typeof answers === 'string'
        ? []
        : answers.map((answer) => [`about.${id}.${answer.id}`, answer.label[tag]!])),
    ]);
    texts[tag] = { ...said, ...Object.fromEntries([...questions, ...background]) };
  }
  return {
    texts,
    consent: Object.fromEntries(
      Object.entries(form.consent).map(([tag, text]) => [tag, consentBlocks(text)]),
    ),
    background: form.background.map((question) => ({
      name: question.id,
      answers: offeredAnswers(question),
      ...(typeof question.answers === 'string' && { list: question.answers }),
    })),
    conditions: conditionBands,
  };
}

function document(head: string, scriptTags: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Compare pictures</title>
<link rel="icon" href="data:,">
${trusted(head)}
</head>
<body>
<div id="live" role="status" aria-live="polite" class="unseen"></div>
<div id="form"><noscript><main class="sheet"><p>This page needs JavaScript. – Diese Seite braucht JavaScript.</p></main></noscript></div>
${trusted(scriptTags)}
</body>
</html>
`.html;
}

function formScript(): Promise<string> {
  return browserScript(import.meta.url, './client/main');
}

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function read(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
