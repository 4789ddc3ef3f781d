// What serves which endpoint, in memory: told by the engine after each look at an endpoint, asked at every invocation.
import type { Dial, EndpointDirectory, EndpointRoute, InstanceRoute, VariantRoute } from "../../core/ports.ts";

/** A route as the endpoint's job tells it; requests under way are counted here. */
export interface PublishedRoute extends Omit<EndpointRoute, "variants"> {
  readonly variants: readonly PublishedVariant[];
}

export interface PublishedVariant extends Omit<VariantRoute, "instances"> {
  readonly instances: readonly Omit<InstanceRoute, "begin">[];
}

export class EndpointRoutes implements EndpointDirectory {
  readonly #routes = new Map<string, EndpointRoute>();
  readonly #instances = new Map<string, CountedInstance>();

  find(account: string, region: string, endpointName: string): EndpointRoute | undefined {
    return this.#routes.get(`${account}/${region}/${endpointName}`);
  }

  /** `scope`: `<account>/<region>`. No route: the endpoint is gone. */
  publish(scope: string, name: string, route: PublishedRoute | undefined): void {
    const key = `${scope}/${name}`;
    const before = this.#routes.get(key);
    if (route) this.#routes.set(key, { ...route, variants: route.variants.map((variant) => this.#counted(variant)) });
    else this.#routes.delete(key);
    const kept = new Set(instancesOf(this.#routes.get(key)));
    for (const instance of instancesOf(before)) if (!kept.has(instance)) this.#forgetWhenIdle(instance.id);
  }

  /** Resolves when the instance, which gets no new requests any more, has none under way. */
  async idle(instanceId: string, signal: AbortSignal): Promise<void> {
    await this.#instances.get(instanceId)?.idle(signal);
  }

  /** An instance stays the same object for its life, so that its connections can be kept with it. */
  #counted(variant: PublishedVariant): VariantRoute {
    const instances = variant.instances.map((instance) => {
      const known = this.#instances.get(instance.id);
      if (known?.dial === instance.dial) return known;
      const counted = new CountedInstance(instance);
      this.#instances.set(instance.id, counted);
      return counted;
    });
    return { ...variant, instances };
  }

  #forgetWhenIdle(id: string): void {
    const instance = this.#instances.get(id);
    if (!instance) return;
    const forget = () => {
      if (this.#instances.get(id) === instance) this.#instances.delete(id);
    };
    // Without a signal to abort it, waiting cannot fail.
    instance.idle(new AbortController().signal).then(forget, forget);
  }
}

const instancesOf = (route: EndpointRoute | undefined): readonly InstanceRoute[] =>
  (route?.variants ?? []).flatMap(({ instances }) => instances);

class CountedInstance implements InstanceRoute {
  readonly id: string;
  readonly dial: Dial;
  readonly logStream: string;
  #underWay = 0;
  readonly #waiting = new Set<() => void>();

  constructor({ id, dial, logStream }: Omit<InstanceRoute, "begin">) {
    this.id = id;
    this.dial = dial;
    this.logStream = logStream;
  }

  begin(): () => void {
    this.#underWay += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#underWay -= 1;
      if (this.#underWay > 0) return;
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    };
  }

  async idle(signal: AbortSignal): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(resolve);
      const gone = () => {
        this.#waiting.delete(resolve);
        reject(signal.reason);
      };
      signal.addEventListener("abort", gone, { once: true });
    });
  }
}
