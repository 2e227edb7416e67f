export { VarveError, type VarveErrorCode, type VarveErrorDetails } from './base/errors.js';
