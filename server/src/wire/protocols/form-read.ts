// Values of the model from the parameters of a form: what the query protocol and that of EC2 have in common.
import type { ListShape, Member, ServiceModel, Shape, StructureShape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";
import { setOwn, shapeCompiler, shapeOf } from "../compile.ts";
import type { Codec } from "./codec.ts";
import { type FormNode, formTree, numbered } from "./form.ts";
import { formatOf } from "./rest-bindings.ts";
import { scalarFromText } from "./scalars.ts";

type Read = (node: FormNode) => unknown;

/** What the two have not. */
export interface FormStyle {
  /** Name of a member in the form. */
  memberName(name: string, member: Member): string;
  /** Items of a list below its node. */
  items(node: FormNode, shape: ListShape): readonly FormNode[];
}

interface Context {
  readonly model: ServiceModel;
  readonly style: FormStyle;
}

/** The input of an operation from its form. @throws ApiError SerializationFailure */
export function formDecoder(model: ServiceModel, style: FormStyle): Codec["decode"] {
  const readers = shapeCompiler<Read>(
    model,
    (shape, _name, of) => buildReader({ model, style }, shape, of),
    (get) => (node) => get()(node),
  );
  return (operation, { form }) => {
    const input = operation.model.input;
    return input === undefined ? {} : (readers(input)(formTree(form)) as Record<string, unknown>);
  };
}

function buildReader({ model, style }: Context, shape: Shape, of: (name: string) => Read): Read {
  switch (shape.type) {
    case "structure":
      return structureReader({ model, style }, shape, of);
    case "list": {
      const read = of(shape.member.shape);
      return (node) => style.items(node, shape).map(read);
    }
    case "map": {
      const key = shape.key.locationName ?? "key";
      const value = shape.value.locationName ?? "value";
      const read = of(shape.value.shape);
      return (node) => {
        const result: Record<string, unknown> = {};
        for (const entry of numbered(shape.flattened ? node : node.children?.get("entry"))) {
          const name = entry.children?.get(key)?.text;
          const item = entry.children?.get(value);
          if (name !== undefined && item !== undefined) setOwn(result, name, read(item));
        }
        return result;
      };
    }
    default:
      return scalarReader(shape, { shape: "" });
  }
}

function structureReader({ model, style }: Context, shape: StructureShape, of: (name: string) => Read): Read {
  const members = Object.entries(shape.members).map(([name, member]) => {
    const inner = shapeOf(model, member.shape);
    const read = member.timestampFormat === undefined ? of(member.shape) : scalarReader(inner, member);
    return [name, style.memberName(name, member), read] as const;
  });
  return (node) => {
    const result: Record<string, unknown> = {};
    for (const [name, wireName, read] of members) {
      const child = node.children?.get(wireName);
      if (child !== undefined) result[name] = read(child);
    }
    return result;
  };
}

function scalarReader(shape: Shape, member: Member): Read {
  return (node) => {
    if (node.text === undefined) throw errors.serializationFailure("Expected a value, got nested parameters.");
    return scalarFromText(shape, node.text, formatOf(shape, member));
  };
}
