import type { ApolloServerPlugin } from '@apollo/server';
import { fills } from '../fill';
import type { Answers } from './answers';
import { Visit } from './visit';

/** Asks the cache before Apollo runs an operation, and offers it the answer before other plugins add to that. */
export function apolloPlugin(answers: Answers): ApolloServerPlugin<object> {
  return {
    async requestDidStart() {
      const visit = fills.getStore();
      if (!(visit instanceof Visit) || visit.isTaken) return undefined;
      visit.isTaken = true;
      return {
        responseForOperation: (asked) => answers.find(visit, asked),
        async executionDidStart(running) {
          if (visit.flight === undefined) return undefined;
          return { executionDidEnd: async () => answers.land(visit, running) };
        },
      };
    },
  };
}
