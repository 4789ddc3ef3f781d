"""What scripts import from AWS's package `sagemaker-inference`: content types, encoders, decoders and errors."""
