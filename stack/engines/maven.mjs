// The time-skipping server as the Java program that it is, for machines that reach a Maven repository only.
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findOnPath } from './context.mjs';
import { run } from './run.mjs';

const VERSION = '1.38.0';
const COPY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>latchkey</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** The SDK gives the server five seconds to open its port: a small heap and the quick compiler keep well below. */
const WRAPPER = `#!/bin/sh
# Starts the time-skipping Temporal server ${VERSION}. Arguments go to the server: the port comes first.
home=$(cd "$(dirname "$0")/.." && pwd)
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \\
  -cp "$home/test-server/*" io.temporal.testserver.TestServer "$@"
`;

/**
 * Fetches `io.temporal:temporal-test-server` with everything it needs by Maven, and writes a program that runs it.
 *
 * @param {import('./context.mjs').Context} context
 * @param {string} target Path of the program; the jars go into `test-server` beside its folder.
 * @returns {Promise<string>} the target
 */
export async function buildTestServer({ env, progress }, target) {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : findOnPath('java', env);
  const maven = findOnPath('mvn', env);
  const missing = [java === null && 'Java', maven === null && 'Maven (`mvn`)'].filter(Boolean);
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} not found`);
  await run(java, ['-version'], { env, timeoutMs: 20_000 });

  const jars = join(dirname(dirname(target)), 'test-server');
  const work = `${jars}.${process.pid}`;
  await progress.step('fetching it by Maven', async (note) => {
    await mkdir(work, { recursive: true });
    try {
      await writeFile(join(work, 'pom.xml'), POM);
      const args = ['-B', '-f', join(work, 'pom.xml'), COPY_PLUGIN, `-DoutputDirectory=${join(work, 'jars')}`];
      await run(maven, [...args, '-DincludeScope=runtime'], {
        env,
        timeoutMs: 600_000,
        onLine: (line) => note(/Downloading from \S+: (\S+)/.exec(line)?.[1]?.split('/').pop() ?? ''),
      });
      note('');
      await rm(jars, { recursive: true, force: true });
      await rename(join(work, 'jars'), jars);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, WRAPPER);
    await chmod(target, 0o755);
  });
  return target;
}
