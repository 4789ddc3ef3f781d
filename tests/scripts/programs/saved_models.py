"""Writes SavedModels below a folder: one with two inputs and versions, one of texts, one of examples."""

import sys

import tensorflow as tf

place = sys.argv[1]


class Sum(tf.Module):
    def __init__(self, more):
        super().__init__()
        self.more = tf.Variable(more)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "a"), tf.TensorSpec([None], tf.float32, "b")])
    def add(self, a, b):
        return {"sum": a + b + self.more, "product": a * b}


class Words(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])
    def upper(self, word):
        return {"upper": tf.strings.upper(word)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])
    def raw(self, word):
        return {"raw_bytes": word}


class Examples(tf.Module):
    def read(self, examples):
        return tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def regress(self, inputs):
        return {"outputs": 0.5 * self.read(inputs) + 3.0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def classify(self, inputs):
        x = self.read(inputs)
        classes = tf.tile(tf.constant([["low", "high"]]), [tf.shape(x)[0], 1])
        return {"classes": classes, "scores": tf.concat([1 - x, x], axis=1)}


for version, more in ((1, 0.0), (2, 100.0)):
    model = Sum(more)
    tf.saved_model.save(model, f"{place}/sum/{version}", signatures=model.add)
words = Words()
tf.saved_model.save(words, f"{place}/words/1", signatures={"serving_default": words.upper, "raw": words.raw})
examples = Examples()
signatures = {"serving_default": examples.regress, "classes": examples.classify}
tf.saved_model.save(examples, f"{place}/examples/7", signatures=signatures)
