/** The questions about two results that Neckar has words and checks for; a study may ask others. */
export const pairQuestions = ['content', 'style', 'artefacts', 'preference'] as const;

/** What a question about two results is called: one of these, or one of a study's own. */
export type PairQuestion = string;
