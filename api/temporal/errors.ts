import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  ServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { LatchkeyError } from '../../schemas/errors.js';

const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_FAILED_PRECONDITION = 9;

/** True when the workflow completed while the call was under way: the same call again finds it completed. */
export function hasJustCompleted(error: unknown): boolean {
  return grpcCode(error) === GRPC_FAILED_PRECONDITION;
}

/** What Temporal says, in words of ours; anything else as it is. */
export function toLatchkeyError(error: unknown): unknown {
  if (error instanceof LatchkeyError) return error;
  if (grpcCode(error) === GRPC_RESOURCE_EXHAUSTED) {
    return new LatchkeyError('too_many_requests', { retryAfterSeconds: 1, cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    return unavailable('no answer in time', error);
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) return unavailable('Temporal is away', error);
  return error;
}

/** A 503 for something that the same call again may get. */
function unavailable(detail: string, cause: unknown): LatchkeyError {
  return new LatchkeyError('unavailable', { private: detail, retryAfterSeconds: 2, cause });
}

function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
