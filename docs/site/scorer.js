// The course first, and the reference, whose names would all match, last.
var Scorer = {
  score: ([page, , , , score]) =>
    score + (page.startsWith("api_") ? -100 : page.startsWith("part") ? 10 : 0),
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
