// Which unit answers when nobody asks for one and a metric has points of several.

/** AWS answers with the first of these that has points; the order was seen in its answers (LocalStack's recordings). */
const order = [
  ...["Megabits", "Terabits", "Gigabits", "Count", "Bytes", "Gigabytes", "Gigabytes/Second", "Kilobytes"],
  ...["Kilobits/Second", "Terabytes", "Terabits/Second", "Bytes/Second", "Percent", "Megabytes", "Megabits/Second"],
  ...["Milliseconds", "Microseconds", "Kilobytes/Second", "Gigabits/Second", "Megabytes/Second", "Bits"],
  ...["Bits/Second", "Count/Second", "Seconds", "Kilobits", "Terabytes/Second", "None"],
];

/** The units in that order. */
export const inOrder = (units: readonly string[]): readonly string[] =>
  [...units].sort((one, other) => order.indexOf(one) - order.indexOf(other));
