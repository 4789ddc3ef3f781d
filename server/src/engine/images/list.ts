// Every image that AWS publishes, one line each: repository and tags as in the SageMaker Python SDK 2.14 (image URI tables)
// and the developer guide of September 2020. `image` names the folder of images/ that stands for it here, if one does.

export interface KnownImage {
  readonly repository: string;
  readonly tags: RegExp;
  /** A tag that fits, for error texts. */
  readonly example: string;
  /** Folder below images/; absent while nothing here does the image's work. */
  readonly image?: string;
  /** Folder that runs users' scripts, where another one than `image` does: `xgboost.script` is images/xgboost/script. */
  readonly script?: string;
  /** What to do in place of an image that will not be made. */
  readonly instead?: string;
}

/** Built-in algorithms but XGBoost have the same two tags. */
const algorithm = { tags: /^(1|latest)$/, example: "1" };
const framework = { tags: /^\d+\.\d+(\.\d+)?-(cpu|gpu)-(py2|py3|py3\d)/, example: "2.1.0-cpu-py3" };
const serving = { tags: /^\d+\.\d+(\.\d+)?-(cpu|gpu)/, example: "2.1.0-cpu" };
const acceleratorsAreGone =
  "Elastic Inference is no longer made; use the image without -eia, without accelerator_type.";
const chainer =
  "Chainer is no longer made, and does not install on the Pythons of today. Build an image with the Python that your script needs and push it to the registry of this server.";
const tensorflow = { ...framework, image: "tensorflow" };
const tensorflowServing = { ...serving, image: "tensorflow" };
const pytorch = { ...framework, image: "pytorch" };
const mxnet = { ...framework, image: "mxnet" };
const reinforcement = { tags: /^(coach|ray|vw)-?\d.*-(cpu|gpu)/, example: "ray-0.8.5-tf-cpu-py36" };
const anyTag = { tags: /^/, example: "latest" };

export const knownImages: readonly KnownImage[] = [
  {
    repository: "sagemaker-xgboost",
    tags: /^\d+\.\d+-\d(-cpu-py3)?$/,
    example: "1.0-1-cpu-py3",
    image: "xgboost",
    script: "xgboost.script",
  },
  { repository: "xgboost", ...algorithm, image: "xgboost" },
  { repository: "blazingtext", ...algorithm },
  { repository: "factorization-machines", ...algorithm, image: "factorization_machines" },
  { repository: "forecasting-deepar", ...algorithm },
  { repository: "image-classification", ...algorithm },
  { repository: "ipinsights", ...algorithm },
  { repository: "kmeans", ...algorithm },
  { repository: "knn", ...algorithm },
  { repository: "lda", ...algorithm },
  { repository: "linear-learner", ...algorithm },
  { repository: "ntm", ...algorithm },
  { repository: "object-detection", ...algorithm },
  { repository: "object2vec", ...algorithm },
  { repository: "pca", ...algorithm },
  { repository: "randomcutforest", ...algorithm },
  { repository: "semantic-segmentation", ...algorithm },
  { repository: "seq2seq", ...algorithm },
  {
    repository: "sagemaker-scikit-learn",
    tags: /^\d+\.\d+(\.\d+|-\d)-cpu-py3$/,
    example: "0.23-1-cpu-py3",
    image: "scikit_learn",
  },
  { repository: "sagemaker-sparkml-serving", tags: /^2\.[24]$/, example: "2.4" },
  {
    repository: "sagemaker-spark-processing",
    tags: /^\d+\.\d+-cpu(-py3\d*)?(-v\d.*)?$/,
    example: "2.4-cpu-py37-v0.1",
    image: "spark",
  },
  { repository: "tensorflow-training", ...tensorflow },
  { repository: "tensorflow-inference", ...tensorflowServing },
  { repository: "tensorflow-inference-eia", ...serving, instead: acceleratorsAreGone },
  { repository: "sagemaker-tensorflow", ...tensorflow },
  { repository: "sagemaker-tensorflow-scriptmode", ...tensorflow },
  { repository: "sagemaker-tensorflow-serving", ...tensorflowServing },
  { repository: "sagemaker-tensorflow-serving-eia", ...serving, instead: acceleratorsAreGone },
  { repository: "pytorch-training", ...pytorch },
  { repository: "pytorch-inference", ...pytorch },
  { repository: "pytorch-inference-eia", ...framework, instead: acceleratorsAreGone },
  { repository: "sagemaker-pytorch", ...pytorch },
  { repository: "mxnet-training", ...mxnet },
  { repository: "mxnet-inference", ...mxnet },
  { repository: "mxnet-inference-eia", ...framework, instead: acceleratorsAreGone },
  { repository: "sagemaker-mxnet", ...mxnet },
  { repository: "sagemaker-mxnet-serving", ...mxnet },
  { repository: "sagemaker-mxnet-eia", ...framework, instead: acceleratorsAreGone },
  { repository: "sagemaker-mxnet-serving-eia", ...framework, instead: acceleratorsAreGone },
  { repository: "sagemaker-chainer", ...framework, instead: chainer },
  { repository: "sagemaker-rl-tensorflow", ...reinforcement },
  { repository: "sagemaker-rl-mxnet", ...reinforcement },
  { repository: "sagemaker-rl-ray-container", ...reinforcement },
  { repository: "sagemaker-rl-coach-container", ...reinforcement },
  { repository: "sagemaker-rl-vw-container", ...reinforcement },
  { repository: "sagemaker-debugger-rules", ...anyTag },
  { repository: "sagemaker-debugger-rule-evaluator", ...anyTag },
  { repository: "sagemaker-model-monitor-analyzer", ...anyTag },
  { repository: "xgboost-neo", ...anyTag },
  { repository: "image-classification-neo", ...anyTag },
  { repository: "sagemaker-neo-tensorflow", ...anyTag },
  { repository: "sagemaker-neo-mxnet", ...anyTag },
  { repository: "sagemaker-neo-pytorch", ...anyTag },
  { repository: "sagemaker-inference-mxnet", ...anyTag },
  { repository: "sagemaker-inference-pytorch", ...anyTag },
];
