package io.swavbeam.pipelines.trainer;

import java.io.Serializable;
import java.time.Duration;

/**
 * Where a trainer in another process is: {@code swav trainer}, or a {@code TrainerServer}.
 *
 * @param target host and port
 * @param security as the trainer has it
 * @param patience how long it may be away: while it is started again, or while the network is cut
 */
public record TrainerAddress(String target, TrainerSecurity security, Duration patience)
    implements Serializable {}
