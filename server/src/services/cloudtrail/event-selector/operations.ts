// Which events a trail takes: management events, reads or writes, and calls on objects of S3.
// Gap: advanced event selectors, and data events of other services than S3, are refused by name.
// Gap: of the parameters of calls with a body (PutObject, UploadPart, GetObject) bucket and key are recorded only.
import type { Operations as Contract, EventSelector } from "../../../../../contract/cloudtrail/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidSelectors } from "../errors.ts";
import {
  changeTrail,
  DEFAULT_SELECTORS,
  onTrail,
  type Parts,
  requireAtHome,
  requireTrail,
  trailArn,
} from "../shared/trails.ts";

/** CloudTrail API reference, PutEventSelectors. */
const MOST_SELECTORS = 5;

export const eventSelector = (parts: Parts): Operations<Contract> => ({
  PutEventSelectors: {
    permissions: ({ TrailName }, call) => [onTrail(call, TrailName)],
    async run({ TrailName, EventSelectors, AdvancedEventSelectors }, call) {
      if (AdvancedEventSelectors !== undefined) {
        throw errors.notYetAvailable("AdvancedEventSelectors of a trail are not yet available in Sagebrush.");
      }
      const selectors = checked(EventSelectors ?? []);
      const find = () => requireAtHome(parts, call, TrailName);
      const row = await changeTrail(parts, find, (document) => ({ ...document, selectors }), call.at);
      return { TrailARN: trailArn(row), EventSelectors: selectors };
    },
  },
  GetEventSelectors: {
    permissions: ({ TrailName }, call) => [onTrail(call, TrailName)],
    async run({ TrailName }, call) {
      const row = await requireTrail(parts, call, TrailName);
      return { TrailARN: trailArn(row), EventSelectors: row.document.selectors };
    },
  },
});

/** With what is left out filled in. @throws ApiError InvalidEventSelectors */
function checked(given: readonly EventSelector[]): readonly EventSelector[] {
  if (given.length === 0 || given.length > MOST_SELECTORS) {
    throw invalidSelectors(`EventSelectors: expected 1 to ${MOST_SELECTORS} selectors, got ${given.length}.`);
  }
  const other = given.flatMap(({ DataResources = [] }) => DataResources).find(({ Type }) => Type !== "AWS::S3::Object");
  if (other) throw invalidSelectors(`DataResources: expected the type AWS::S3::Object, got ${other.Type}.`);
  return given.map((selector) => ({ ...DEFAULT_SELECTORS[0], ...selector }));
}
