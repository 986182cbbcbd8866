/** What is told a person: what happened, what was expected, what to do. */

/** An error whose message is for the person before the page. */
export class Mistake extends Error {}

/** The server wants a token, or another one. */
export class TokenNeeded extends Mistake {}

/** The words for any error; what nobody foresaw is said to be that. */
export function wordsFor(error) {
  if (error instanceof Mistake) return error.message;
  console.error(error);
  return `Something went wrong that the page did not expect (${error.message ?? error}).`;
}
