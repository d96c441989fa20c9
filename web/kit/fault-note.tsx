// A fault as people read it: what happened, and what to do about it.
import { useTranslation } from 'react-i18next';
import type { FaultMessage } from '../../src/messages/faults.ts';
import { Button } from './button.tsx';

export function FaultNote({ fault, onClose }: { readonly fault: FaultMessage; readonly onClose?: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="fault" role="alert">
      <p>
        <strong>{fault.message}</strong> {fault.nextStep}
      </p>
      {onClose !== undefined && (
        <Button kind="quiet" label={t('close')} onPress={onClose}>
          ×
        </Button>
      )}
    </div>
  );
}
