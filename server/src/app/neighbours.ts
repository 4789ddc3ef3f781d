// The services of AWS beside SageMaker: what SageMaker code calls as well, constructed on the stores.
import type { RequestListener } from "node:http";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createGuard } from "../core/outgoing.ts";
import type { Service } from "../core/service.ts";
import { createTurns } from "../core/turns.ts";
import { startDeliveries } from "../services/cloudtrail/deliveries.ts";
import { openFeed } from "../services/cloudtrail/feed.ts";
import { createCloudTrail } from "../services/cloudtrail/index.ts";
import { createCloudWatch } from "../services/cloudwatch/index.ts";
import { createEc2 } from "../services/ec2/index.ts";
import { createNetworks, networkLister } from "../services/ec2/port.ts";
import { createEcr } from "../services/ecr/index.ts";
import { createImagesPort, openEcr } from "../services/ecr/port.ts";
import { openRegistry } from "../services/ecr/registry/door.ts";
import { startUpkeep as startLayerUpkeep } from "../services/ecr/upkeep.ts";
import { ensureFirstIdentities } from "../services/iam/first-start.ts";
import { createIam } from "../services/iam/index.ts";
import {
  createAuthenticator,
  createAuthorizer,
  createRoleSessions,
  createSessions,
  notingUses,
  openIdentities,
  policyChecks as policies,
  startUsage,
} from "../services/iam/port.ts";
import { createKms } from "../services/kms/index.ts";
import { createDataKeys, openKeyring } from "../services/kms/port.ts";
import { startUpkeep as startKeyUpkeep } from "../services/kms/upkeep.ts";
import { createLogs } from "../services/logs/index.ts";
import { createLogGroups, openLogs, startLogs } from "../services/logs/port.ts";
import { withCors } from "../services/s3/cors/door.ts";
import { createS3, openS3Context, startS3 } from "../services/s3/index.ts";
import { createObjects } from "../services/s3/port.ts";
import { createSecretsManager } from "../services/secretsmanager/index.ts";
import { createOwnedSecrets, openSecrets, startUpkeep as startSecretUpkeep } from "../services/secretsmanager/port.ts";
import { createSts } from "../services/sts/index.ts";
import type { Store } from "../store/open.ts";
import { openNotices } from "./notices.ts";
import type { Settings } from "./settings.ts";
import type { Stops } from "./stops.ts";

type Report = (error: unknown) => void;

interface Parts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly report: Report;
}

export type Neighbours = Awaited<ReturnType<typeof openNeighbours>>;

/** Everything is there, nothing runs by itself yet: `start` does that, once the wire answers. */
export async function openNeighbours({ settings, store, clock, log, report }: Parts) {
  const { rows, blobs } = store;
  const keyFile = join(settings.data, "master.key");

  const identities = await openIdentities({ rows, keyFile, now: () => clock.now() });
  const calls = notingUses(identities, store.calls);
  const authenticator = createAuthenticator(identities);
  const authorizer = createAuthorizer(identities);
  const roles = createRoleSessions(identities);
  const keyring = await openKeyring({ rows, policies, keyFile });
  const keys = createDataKeys(keyring);
  const logs = await openLogs({ rows, series: store.series, keys, policyChecks: policies, clock, report });
  const { series } = logs;
  const logGroups = createLogGroups(logs, authorizer, clock);
  const secrets = await openSecrets({ rows, policies, keys, keyFile });
  // What the others tell of goes by these: alarms to topics, objects to the bus.
  const notices = await openNotices({
    settings,
    rows,
    series,
    policies,
    authorizer,
    roles,
    secrets: createOwnedSecrets(secrets, clock),
    logGroups,
    keyFile,
    clock,
    log,
    report,
  });
  const { topics, bus } = notices;
  const s3 = await openS3Context({ rows, blobs, keys, policies, keyFile, clock, log, topics, bus, report });
  const ecr = await openEcr({ rows, blobs, policies, keyFile, clock });

  const objects = createObjects({ context: s3, authorizer });
  const feed = openFeed({ rows, calls: store.calls, bus, clock, report });
  const trails = { rows, calls: store.calls, objects, topics, logGroups, roles, clock, feed, turns: createTurns() };

  const cloudwatch = createCloudWatch({ rows, series, clock, report, topics, bus });

  const services: readonly Service[] = [
    createS3(s3),
    createIam(identities),
    createSts({ sessions: createSessions(identities, createGuard(settings.deliverTo)), authorizer }),
    createKms(keyring),
    createEcr(ecr),
    createLogs(logs),
    cloudwatch.service,
    createSecretsManager(secrets),
    createCloudTrail(trails),
    createEc2({ networks: networkLister(settings.vpcs) }),
    ...notices.services,
  ];
  return {
    services,
    authenticator,
    authorizer,
    /** Notes in passing when keys and roles are used. */
    calls,
    roles,
    notices,
    objects,
    keys,
    /** Through it every log line goes, so that metric filters see it. */
    series,
    /** Browsers from other origins are answered before anybody else is asked. */
    withCors: (next: RequestListener) => withCors(s3, next),
    networks: createNetworks(settings.vpcs),
    pushed: createImagesPort(ecr, authorizer),
    registry: openRegistry({ context: ecr, authenticator, authorizer, calls, log }),
    /** Text of the file `credentials`, for an account that is made if it is not there. */
    firstCredentials: () => ensureFirstIdentities(identities, settings.account),
    /** Those that send what the others tell of end last. */
    async start(stops: Stops): Promise<void> {
      stops.add(notices.close);
      stops.add(s3.notices.close);
      stops.add(feed.close);
      await startS3(s3);
      await feed.start();
      stops.add(await startLogs(logs, { clock, report }));
      stops.add(startKeyUpkeep(keyring, { clock, report }));
      stops.add(startLayerUpkeep(ecr, { clock, report }));
      stops.add(startSecretUpkeep(secrets, { clock, report }));
      stops.add(startUsage(identities, { clock, report }));
      stops.add(startDeliveries(trails, { everySeconds: settings.trailEverySeconds, report }));
      stops.add(await cloudwatch.start());
    },
  };
}
