"""TensorFlow as a framework: users' scripts train; SavedModels are served as TensorFlow Serving does, in process."""
