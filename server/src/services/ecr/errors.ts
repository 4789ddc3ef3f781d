// ECR's own errors, with codes of its service model and texts of the API as clients print them.
import { ApiError } from "../../core/errors.ts";

const error = (code: string) => (message: string) => new ApiError(code, 400, message);

export const emptyUpload = error("EmptyUploadException");
export const imageAlreadyExists = error("ImageAlreadyExistsException");
export const imageDigestDoesNotMatch = error("ImageDigestDoesNotMatchException");
export const imageNotFound = error("ImageNotFoundException");
export const imageTagAlreadyExists = error("ImageTagAlreadyExistsException");
export const invalidLayer = error("InvalidLayerException");
export const invalidParameter = error("InvalidParameterException");
export const invalidTagParameter = error("InvalidTagParameterException");
export const layerAlreadyExists = error("LayerAlreadyExistsException");
export const layersNotFound = error("LayersNotFoundException");
export const lifecyclePolicyNotFound = error("LifecyclePolicyNotFoundException");
export const limitExceeded = error("LimitExceededException");
export const referencedImagesNotFound = error("ReferencedImagesNotFoundException");
export const repositoryAlreadyExists = error("RepositoryAlreadyExistsException");
export const repositoryNotEmpty = error("RepositoryNotEmptyException");
export const repositoryPolicyNotFound = error("RepositoryPolicyNotFoundException");
export const tooManyTags = error("TooManyTagsException");
export const uploadNotFound = error("UploadNotFoundException");

const repositoryNotFoundError = error("RepositoryNotFoundException");

export const repositoryNotFound = (name: string, account: string): ApiError =>
  repositoryNotFoundError(`The repository with name '${name}' does not exist in the registry with id '${account}'`);

export const invalidLayerPart = (
  message: string,
  fields: {
    readonly registryId: string;
    readonly repositoryName: string;
    readonly uploadId: string;
    readonly lastValidByteReceived: number;
  },
): ApiError => new ApiError("InvalidLayerPartException", 400, message, { fields });
