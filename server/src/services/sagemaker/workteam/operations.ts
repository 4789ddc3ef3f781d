// Work teams: groups of the private workforce that tasks are given to (guide, "Manage a Workforce"). Teams of vendors are
// subscribed to on a marketplace, which there is none of here, so those lists are always empty.
// Gap: no task reaches a team yet, and nothing is published to its NotificationTopicArn.
// Gap: groups are not looked up in the user pool; a team made before there is a workforce makes the one called `default`.
import type { Workteam } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { refuseToken } from "../shared/list.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { findWorkforce, workforceRecords } from "../shared/workforce.ts";
import { type WorkteamDocument, workteamRecords } from "../shared/workteam.ts";
import { checkMembers, isOfWorkforce } from "./members.ts";
import { workforceFor } from "./workforce-for.ts";

export function workteam(parts: Parts): Noun {
  const records = workteamRecords(parts);
  const workforces = workforceRecords(parts);

  const answerOf = (row: Row<WorkteamDocument>, call: Call, subDomain: string | undefined): Workteam => {
    const { WorkforceName, ...document } = row.document;
    return {
      WorkteamName: row.name,
      WorkteamArn: records.arn(call, row.name),
      WorkforceArn: workforces.arn(call, WorkforceName),
      ...document,
      ...(subDomain === undefined ? {} : { SubDomain: subDomain }),
      CreateDate: toSeconds(row.createdAt),
      LastUpdatedDate: toSeconds(row.modifiedAt),
    };
  };
  const subDomainOf = async (call: Call) => (await findWorkforce(parts, call))?.document.SubDomain;

  return {
    isRecord: true,
    operations: {
      CreateWorkteam: {
        permissions: ({ WorkteamName }, call) => [records.on(call, WorkteamName)],
        run: async ({ WorkteamName, WorkforceName, Tags, ...description }, call) => {
          checkMembers(description.MemberDefinitions);
          const WorkteamArn = await again(async () => {
            const { name, beside } = await workforceFor(parts, call, WorkforceName, description.MemberDefinitions);
            const document = { WorkforceName: name, ...description };
            return await records.create(call, { name: WorkteamName, document, tags: Tags }, beside);
          });
          return { WorkteamArn };
        },
      },
      DescribeWorkteam: {
        permissions: ({ WorkteamName }, call) => [records.on(call, WorkteamName)],
        run: async ({ WorkteamName }, call) => {
          const row = await records.need(call, WorkteamName);
          return { Workteam: answerOf(row, call, await subDomainOf(call)) };
        },
      },
      UpdateWorkteam: {
        permissions: ({ WorkteamName }, call) => [records.on(call, WorkteamName)],
        run: async ({ WorkteamName, MemberDefinitions, Description, NotificationConfiguration }, call) => {
          if (MemberDefinitions) checkMembers(MemberDefinitions);
          const owner = await findWorkforce(parts, call);
          if (MemberDefinitions && owner && !isOfWorkforce(MemberDefinitions, owner.document))
            throw errors.validation(`MemberDefinitions: expected groups of workforce "${owner.name}".`);
          const row = await records.change(call, WorkteamName, ({ document }) => ({
            ...document,
            ...(MemberDefinitions ? { MemberDefinitions } : {}),
            ...(Description === undefined ? {} : { Description }),
            ...(NotificationConfiguration ? { NotificationConfiguration } : {}),
          }));
          return { Workteam: answerOf(row, call, owner?.document.SubDomain) };
        },
      },
      DeleteWorkteam: {
        permissions: ({ WorkteamName }, call) => [records.on(call, WorkteamName)],
        run: async ({ WorkteamName }, call) => {
          await records.remove(call, WorkteamName);
          return { Success: true };
        },
      },
      ListWorkteams: {
        run: async (input, call) => {
          const { rows: found, ...more } = await records.list(call, input);
          const subDomain = await subDomainOf(call);
          return { Workteams: found.map((row) => answerOf(row, call, subDomain)), ...more };
        },
      },
      ListLabelingJobsForWorkteam: {
        permissions: ({ WorkteamArn }, call) => [records.on(call, WorkteamArn)],
        run: async ({ WorkteamArn, NextToken }, call) => {
          if (!(await records.find(call, WorkteamArn)))
            throw errors.resourceNotFound(`Could not find work team "${WorkteamArn}".`);
          refuseToken(NextToken);
          return { LabelingJobSummaryList: [] };
        },
      },
      DescribeSubscribedWorkteam: {
        permissions: ({ WorkteamArn }, call) => [records.on(call, WorkteamArn)],
        run: ({ WorkteamArn }) => {
          throw errors.validation(`The work team "${WorkteamArn}" is not one that this account is subscribed to.`);
        },
      },
      ListSubscribedWorkteams: {
        run: ({ NextToken }) => {
          refuseToken(NextToken);
          return { SubscribedWorkteams: [] };
        },
      },
    },
  };
}
