import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ActiveSyncPath } from '../../protocol/http/headers.ts';
import type { Authenticator, Session } from '../auth/authenticator.ts';
import type { Clock, Log, RandomBytes } from '../handlers/context.ts';
import { failureOf } from '../handlers/failure.ts';
import { Challenge } from '../http/challenge.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { jsonAnswer } from './json.ts';
import { MaxPoxBody, type PoxError, PoxErrors, parsePoxRequest, poxError, poxSettings } from './pox.ts';

/** What devices find out about this server. */
export interface AutodiscoverOptions {
  /** The address under which phones reach this server, `https://mail.example.org`. */
  readonly publicUrl: string;
}

/** What Autodiscover stands on. */
export interface AutodiscoverServices {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  clientAddress(request: FastifyRequest['raw']): ClientAddress;
}

const XmlType = 'text/xml; charset=utf-8';

/** Parameters by name in any case: clients write `email`, `Email` and `EMAIL`. */
const parameter = (request: FastifyRequest, name: string): string | undefined => {
  const entries = Object.entries((request.query ?? {}) as Record<string, unknown>);
  const value = entries.find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : undefined;
};

/**
 * Adds Autodiscover to a listener, so that an address is enough to set a phone up: plain XML for
 * mobile devices, with proof of password ([MS-ASCMD] 2.2.1.1), and JSON v2, without. Paths are
 * compared in any case, which is the listener's setting.
 */
export const autodiscoverRoutes =
  (options: AutodiscoverOptions, services: AutodiscoverServices) =>
  (app: FastifyInstance): void => {
    const endpoint = new URL(ActiveSyncPath, options.publicUrl).href;

    const authenticate = (request: FastifyRequest): Promise<Session> => {
      const { address, told } = services.clientAddress(request.raw);
      const { authorization } = request.headers;
      return services.authenticator.authenticate({
        authorization,
        device: '',
        clientAddress: address,
        addressTold: told,
      });
    };

    const sendError = (reply: FastifyReply, error: PoxError): FastifyReply => {
      const id = new DataView(Uint8Array.from(services.random(4)).buffer).getUint32(0);
      services.log.info({ id, code: error.code }, 'An Autodiscover request was refused');
      return reply.type(XmlType).send(poxError(error, services.clock.now(), id));
    };

    const refuse = (reply: FastifyReply, error: unknown): FastifyReply => {
      const { http, retryAfter, message, bug } = failureOf(error);
      if (bug) services.log.error({ reason: message }, 'A bug in Autodiscover: please report it with this entry');
      if (http === 401) reply.header('WWW-Authenticate', Challenge);
      if (retryAfter !== undefined) reply.header('Retry-After', retryAfter);
      return reply
        .code(http)
        .type('text/plain; charset=utf-8')
        .send(`${bug ? 'Unexpected condition' : message}\n`);
    };

    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MaxPoxBody }, (_request, body, done) => {
        done(null, body);
      });
      scope.post('/autodiscover/autodiscover.xml', async (request, reply) => {
        try {
          const session = await authenticate(request);
          const asked = parsePoxRequest(typeof request.body === 'string' ? request.body : '');
          if (!asked.ok) return sendError(reply, asked.error);
          return reply.type(XmlType).send(poxSettings(session.identity, endpoint));
        } catch (error) {
          return refuse(reply, error);
        }
      });
      // Exchange answers a GET this way once the password is right; administrators look at it with a browser.
      scope.get('/autodiscover/autodiscover.xml', async (request, reply) => {
        try {
          await authenticate(request);
          return sendError(reply, PoxErrors.invalidRequest);
        } catch (error) {
          return refuse(reply, error);
        }
      });
      const answerJson = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
        const { email } = request.params as { readonly email?: string };
        const answer = jsonAnswer(
          options.publicUrl,
          email ?? parameter(request, 'email'),
          parameter(request, 'protocol'),
        );
        return reply.code(answer.http).send(answer.body);
      };
      scope.get('/autodiscover/autodiscover.json', answerJson);
      scope.get('/autodiscover/autodiscover.json/v1.0/:email', answerJson);
    });
  };
