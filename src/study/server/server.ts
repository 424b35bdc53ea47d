/** The web server of a study. */
import { type RunningServer, type ServingOptions, securityHeaders, serve } from '../../platform/web.ts';
import { createRoutes, type RouteOptions } from './routes.ts';

export type { RunningServer } from '../../platform/web.ts';

export interface ServeOptions extends RouteOptions, Pick<ServingOptions, 'tls' | 'onDefect'> {
  /** Default 127.0.0.1: this machine only. */
  readonly address?: string;
  /** Default 8080; 0 takes any that is free. */
  readonly port?: number;
}

/**
 * Serves a study until closed.
 * @throws NeckarError when the address or port cannot be had, or the certificate cannot be used
 */
export async function serveStudy(options: ServeOptions): Promise<RunningServer> {
  const { address = '127.0.0.1', port = 8080, tls, onDefect } = options;
  return await serve({
    routes: createRoutes(options),
    // Pictures come as blobs that the form has checked.
    headers: securityHeaders('blob: data:'),
    address,
    port,
    what: 'The study',
    ...(tls && { tls }),
    ...(onDefect && { onDefect }),
  });
}
