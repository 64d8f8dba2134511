// The Temporal CLI built from source, for machines that reach a Go module proxy only.
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findOnPath, isProgram } from './context.mjs';
import { fetchGoToolchain } from './go-toolchain.mjs';
import { run } from './run.mjs';

/** The newest version that `go install` builds: later ones carry a replace directive. */
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const OLDEST_GO = [1, 21];

/**
 * Builds the CLI with `go install`. A Go older than the CLI needs fetches a newer one by itself; where there is no Go
 * at all, one is fetched from the module proxy for this build.
 *
 * @param {import('./context.mjs').Context} context
 * @param {string} target Where the program goes.
 * @returns {Promise<string>} the target
 */
export async function buildTemporalCli(context, target) {
  const installed = await findGo(context);
  const own = join(context.cache, 'go');
  await mkdir(dirname(target), { recursive: true });
  const bin = `${target}.build`;
  try {
    const go = installed ?? (await fetchGoToolchain(context, join(own, 'toolchain')));
    await context.progress.step('building it from the Go module proxy (about three minutes)', () =>
      run(go, ['install', '-trimpath', '-ldflags=-s -w', PACKAGE], {
        env: {
          ...context.env,
          GOBIN: bin,
          CGO_ENABLED: '0',
          GOTOOLCHAIN: installed === null ? 'local' : context.env.GOTOOLCHAIN || 'auto',
          // Without an installed Go nobody else has a use for its caches: they go when the build is through.
          ...(installed === null
            ? { GOPATH: join(own, 'path'), GOCACHE: join(own, 'build'), GOFLAGS: '-modcacherw' }
            : {}),
        },
        cwd: dirname(target),
        timeoutMs: 30 * 60_000,
      }),
    );
    await rename(join(bin, 'temporal'), target);
  } finally {
    await rm(bin, { recursive: true, force: true });
    await rm(own, { recursive: true, force: true });
  }
  return target;
}

/** Go on PATH or in its usual places, if it is young enough to fetch a younger one. */
async function findGo({ env, goPlaces }) {
  const places = [findOnPath('go', env), ...goPlaces].filter((place) => place !== null && isProgram(place));
  for (const place of places) {
    const output = await run(place, ['version'], { env, timeoutMs: 20_000 }).catch(() => '');
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(output) ?? [];
    if (Number(major) > OLDEST_GO[0] || (Number(major) === OLDEST_GO[0] && Number(minor) >= OLDEST_GO[1])) return place;
  }
  return null;
}
