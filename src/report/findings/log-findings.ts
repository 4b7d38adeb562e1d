import type { ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { bytesText, countOf, countText, durationText, ratio, shareText } from '../format/units.js';

const BUSY_CHECKPOINTS = 0.3;
const CLOSE_CHECKPOINTS_MS = 5000;
const SLOW_SYNC_NS = 20e6;
const LEAST_SYNCS = 100;
const LEAST_MEASURED = 20;
const SMALL_GROUP = 1.5;
const SYNC_BOUND = 0.4;
const WRITE_AMPLIFICATION = 10;
const LEAST_BYTES = 16 * 1024 * 1024;

/** What log, checkpoints and syncs say: log too small, slow disk, commits too small, blocks written again and again. */
export function logFindings(data: ProfileData): ProfileFinding[] {
  return [...logTooSmall(data), ...slowSync(data), ...smallCommits(data), ...amplification(data)];
}

function logTooSmall({ log, meta }: ProfileData): ProfileFinding[] {
  if (log === undefined) return [];
  const checkpoints = (log.checkpoints ?? []).filter(({ cause }) => cause === 'log size' || cause === 'log full');
  const busy = ratio(checkpoints.reduce((sum, checkpoint) => sum + checkpoint.durationNs, 0), meta.durationMs * 1e6);
  const isFrequent = checkpoints.length >= 3 && (busy >= BUSY_CHECKPOINTS || meta.durationMs / checkpoints.length < CLOSE_CHECKPOINTS_MS);
  const stalls = log.stalls ?? 0;
  if (stalls === 0 && !isFrequent) return [];
  const waited = stalls === 0 ? '' : `${countOf(stalls, 'commit')} waited${log.stallNs === undefined ? '' : ` ${durationText(log.stallNs)} together`} because the log was full. `;
  return [{
    id: 'log-too-small', level: stalls > 0 ? 'problem' : 'advice', section: 'log', title: 'The log is too small for the rate of writing.',
    evidence: `${waited}${countOf(checkpoints.length, 'checkpoint')} ran and took ${shareText(busy)} of the time; ${bytesText(log.bytesAppended)} went through the log.`,
    remedy: 'Raise checkpointSize (rarer checkpoints) and with it logLimit (how far commits may run ahead). Recovery after a crash takes longer then.',
  }];
}

function slowSync({ log, io }: ProfileData): ProfileFinding[] {
  const measured = [log?.syncNs, ...(io ?? []).map((file) => file.syncNs)].flatMap((h) => (h === undefined || h.count < LEAST_MEASURED ? [] : [h]));
  const worst = measured.sort((a, b) => b.p95 - a.p95)[0];
  if (worst === undefined || worst.p95 < SLOW_SYNC_NS) return [];
  return [{
    id: 'slow-sync', level: 'advice', section: 'io', title: 'The disk takes long to make writes durable.',
    evidence: `Half of ${countOf(worst.count, 'sync')} took up to ${durationText(worst.p50)}, one in twenty ${durationText(worst.p95)} or more, the longest ${durationText(worst.max)}.`,
    remedy: 'Commit more at once, or allow durability interval where the last moments may be lost; put the database on a local disk.',
  }];
}

function smallCommits({ log, meta }: ProfileData): ProfileFinding[] {
  const { groupSize, syncNs } = log ?? {};
  if (groupSize === undefined || syncNs === undefined || syncNs.count < LEAST_SYNCS) return [];
  const share = ratio(syncNs.mean * (log?.syncs ?? syncNs.count), meta.durationMs * 1e6);
  if (groupSize.mean > SMALL_GROUP || share < SYNC_BOUND) return [];
  return [{
    id: 'small-commits', level: 'advice', section: 'log', title: 'Nearly every commit waits for a sync of its own.',
    evidence: `${shareText(Math.min(1, share))} of the time went into ${countOf(log?.syncs ?? syncNs.count, 'sync')}; ${groupSize.mean.toFixed(1)} commits shared one.`,
    remedy: 'Write several rows in one transaction (insertMany, batch), or start commits without waiting for the one before.',
  }];
}

function amplification({ io, log }: ProfileData): ProfileFinding[] {
  if (log === undefined || log.bytesAppended < LEAST_BYTES) return [];
  const written = (io ?? []).filter((file) => file.kind !== 'log').reduce((sum, file) => sum + file.bytesWritten, 0);
  const times = ratio(written, log.bytesAppended);
  if (times < WRITE_AMPLIFICATION) return [];
  return [{
    id: 'write-amplification', level: 'note', section: 'io', title: 'Checkpoints write much more than was changed.',
    evidence: `${bytesText(written)} went into files other than the log for ${bytesText(log.bytesAppended)} of changes: ${countText(Math.round(times))} times as much.`,
    remedy: 'Changes are spread over many blocks: a larger checkpointSize lets more of them meet in one.',
  }];
}
