// The composite alarms of all places, in memory: who watches whom.
import { type AlarmRow, alarmNameOf, type CompositeAlarmDocument, placeOf, scopeOf } from "../shared/alarms.ts";
import type { Place } from "../shared/place.ts";
import { type AlarmRule, parseRule } from "./rule.ts";

export interface Composite {
  readonly place: Place;
  readonly name: string;
  readonly rule: AlarmRule;
  /** Names of the alarms in its rule. */
  readonly children: ReadonlySet<string>;
  readonly suppressor: string | undefined;
}

export function compositeOf(place: Place, name: string, { settings }: CompositeAlarmDocument): Composite {
  const rule = parseRule(settings.AlarmRule);
  return {
    place,
    name,
    rule,
    children: new Set(rule.children.map((child) => alarmNameOf(place, child))),
    suppressor: settings.ActionsSuppressor && alarmNameOf(place, settings.ActionsSuppressor),
  };
}

export class Composites {
  readonly #byScope = new Map<string, Map<string, Composite>>();

  put({ scope, name, document }: Pick<AlarmRow, "scope" | "name" | "document">): void {
    if (document.type !== "CompositeAlarm") {
      this.remove(scope, name);
      return;
    }
    const here = this.#byScope.get(scope) ?? new Map<string, Composite>();
    here.set(name, compositeOf(placeOf(scope), name, document));
    this.#byScope.set(scope, here);
  }

  remove(scope: string, name: string): void {
    this.#byScope.get(scope)?.delete(name);
  }

  all(): readonly Composite[] {
    return [...this.#byScope.values()].flatMap((here) => [...here.values()]);
  }

  find(place: Place, name: string): Composite | undefined {
    return this.#byScope.get(scopeOf(place))?.get(name);
  }

  /** Those whose rule names an alarm. */
  parentsOf(place: Place, name: string): readonly Composite[] {
    return this.#of(place).filter(({ children }) => children.has(name));
  }

  suppressedBy(place: Place, name: string): readonly Composite[] {
    return this.#of(place).filter(({ suppressor }) => suppressor === name);
  }

  /** Alarms that depend on themselves are not evaluated ("Creating a composite alarm"). */
  isInCycle({ place, name }: Composite): boolean {
    const seen = new Set<string>();
    const next = [...(this.find(place, name)?.children ?? [])];
    for (let child = next.pop(); child !== undefined; child = next.pop()) {
      if (child === name) return true;
      if (seen.has(child)) continue;
      seen.add(child);
      next.push(...(this.find(place, child)?.children ?? []));
    }
    return false;
  }

  #of(place: Place): readonly Composite[] {
    return [...(this.#byScope.get(scopeOf(place))?.values() ?? [])];
  }
}
