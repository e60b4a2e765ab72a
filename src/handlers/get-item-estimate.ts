import { isBackendError } from '../../backends/contract/errors.ts';
import { GetItemEstimateRequest, GetItemEstimateResponse } from '../../protocol/commands/get-item-estimate.ts';
import { GetItemEstimateStatus, GlobalStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, loadHierarchy } from '../folders/hierarchy-state.ts';
import { filterAllowed } from '../sync/filter.ts';
import { peek } from '../sync/peek.ts';
import type { SyncScope } from '../sync/sync.ts';
import { InitialSyncKey } from '../sync/sync-key.ts';
import { MaxIdLength } from '../sync/sync-request.ts';
import { type Command, CommandFailure } from './command.ts';
import { type Services, syncScope } from './services.ts';

type Asked = GetItemEstimateRequest['collections'][number];
type Answered = GetItemEstimateResponse['response'][number];

/** Collections in one request at most ([MS-ASCMD] 3.1.5.10, R5647). */
const MaxEstimates = 1000;

/** The highest FilterType there is ([MS-ASCMD] 2.2.3.68.1). */
const MaxFilterType = 8;

/** GetItemEstimate ([MS-ASCMD] 2.2.1.9). */
export const getItemEstimateCommand = (
  services: Services,
): Command<GetItemEstimateRequest, GetItemEstimateResponse> => ({
  name: 'GetItemEstimate',
  request: GetItemEstimateRequest,
  response: GetItemEstimateResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, { body }) => {
    const scope = syncScope(services, context);
    if ((body?.collections.length ?? 0) > MaxEstimates) {
      throw new CommandFailure(GlobalStatus.invalidXml, `More than ${MaxEstimates} collections in one request`);
    }
    const { state } = await loadHierarchy(scope.store, scope.partition);
    const response: Answered[] = [];
    for (const asked of body?.collections ?? []) {
      response.push(await estimate(scope, asked, findFolder(state, asked.collectionId)));
    }
    return { kind: 'document', value: { response } };
  },
  failure: (status) => ({ status, response: [] }),
});

const estimate = async (scope: SyncScope, asked: Asked, folder: DeviceFolder | undefined): Promise<Answered> => {
  const { collectionId } = asked;
  // An id that is too long to be echoed stays out: the response could not be valid with it.
  const named = collectionId.length > MaxIdLength ? {} : { collection: { collectionId } };
  const failed = (status: number): Answered => ({ status, ...named });
  if (folder === undefined) return failed(GetItemEstimateStatus.invalidCollection);
  if (asked.syncKey === InitialSyncKey) return failed(GetItemEstimateStatus.notPrimed);
  if (scope.keys.parse([scope.partition, collectionId], asked.syncKey) === undefined) {
    return failed(GetItemEstimateStatus.invalidSyncKey);
  }
  const filterType = asked.options.find((one) => one.class !== 'SMS')?.filterType ?? asked.filterType;
  if (filterType !== undefined && !filterAllowed(folder.itemClass, filterType)) {
    // [MS-ASCMD] 2.2.3.68.1: 103 for a value that no class has (R2984), 110 for one of another class (R3005).
    throw new CommandFailure(
      filterType > MaxFilterType ? GlobalStatus.invalidXml : GlobalStatus.serverError,
      `FilterType ${filterType} does not apply to ${folder.itemClass}`,
    );
  }
  try {
    const look = await peek(scope, folder, filterType);
    if (look === undefined) return failed(GetItemEstimateStatus.notPrimed);
    return {
      status: GetItemEstimateStatus.success,
      collection: { collectionId, estimate: look.count },
    };
  } catch (error) {
    if (isBackendError(error, 'notFound')) return failed(GetItemEstimateStatus.invalidCollection);
    throw error;
  }
};
