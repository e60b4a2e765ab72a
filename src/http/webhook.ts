import type { FastifyInstance } from 'fastify';
import { MaxNotice, type NoticeOutcome, SignatureHeader, takeNotice, type WebhookScope } from '../push/webhook.ts';

/** Where mail servers tell of changes. */
export const WebhookPath = '/postrider/changes';

/** HTTP status by what became of a notice. A user that is not ours is no fault of the mail server. */
const Statuses: Readonly<Record<NoticeOutcome, number>> = {
  taken: 204,
  'unknown user': 204,
  malformed: 400,
  'bad signature': 403,
};

/** Adds the route for the notices of mail servers. */
export const webhookRoute =
  (scope: WebhookScope) =>
  (app: FastifyInstance): void => {
    app.register(async (part) => {
      part.removeAllContentTypeParsers();
      part.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MaxNotice }, (_request, body, done) =>
        done(null, body),
      );
      part.post(WebhookPath, (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const signature = request.headers[SignatureHeader];
        const outcome = takeNotice(scope, body, typeof signature === 'string' ? signature : undefined);
        return reply.code(Statuses[outcome]).send();
      });
    });
  };
