/** `neckar study template`: files to begin with. */
import { Argument, type Command, Option } from 'commander';
import { populationTemplate } from '../../study/design/population.ts';
import { consentTemplate } from '../../study/form/consent.ts';
import { languageTemplate } from '../../study/form/language.ts';
import { questionTemplate } from '../../study/form/question-file.ts';
import { shippedLanguages } from '../../study/form/shipped.ts';

type From = (typeof shippedLanguages)[number];

const kinds = ['language', 'questions', 'consent', 'population'] as const;

export function defineStudyTemplate(command: Command): void {
  command
    .summary('print a file to begin with')
    .description(
      'Prints a template on stdout: all texts of the form, to be translated (language); questions about pictures and raters (questions); words before consent (consent); or shares of the population sought (population).',
    )
    .addArgument(new Argument('<kind>', 'what it is for').choices(kinds))
    .addOption(
      new Option('--from <code>', 'the language whose texts are printed')
        .choices(shippedLanguages)
        .default('en'),
    )
    .addHelpText(
      'after',
      `
Examples:
  neckar study template language --from en > fr.json
  neckar study template questions > questions.json
  neckar study template consent > consent.md`,
    )
    .option('--json', 'the template as one JSON text, whatever it is')
    .action((kind: (typeof kinds)[number], { from, json }: { from: From; json?: boolean }) => {
      const text = {
        language: () => languageTemplate(from),
        questions: questionTemplate,
        consent: () => consentTemplate,
        population: populationTemplate,
      }[kind]();
      process.stdout.write(json ? `${JSON.stringify({ kind, text })}\n` : text);
    });
}
